"""What an earlier version kept of chargers is read, shown, and gone on from: sessions, reservations, profiles, lists, rules,
an update that waits, all of it amid something.

`kept_earlier.json` was written by the version before chargers had meters that have counted, and is never written again:
name → sections and queue as they were kept, and where the story stood.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from abstraction.story import SPOKEN, Story
from vcp_abstraction.charger import Charger, Surroundings
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts.chores import FileFetched
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.link import HandlerUp
from vcp_contracts.view import ChargePointView

KEPT: dict[str, Any] = json.loads(Path(__file__).with_name("kept_earlier.json").read_bytes())


class Resumed(Story):
    """A charger as it was kept, owned by another process now; its Handler has started anew too."""

    def __init__(self, name: str) -> None:
        kept = KEPT[name]
        self.around = Surroundings(nonce="new", manners=SPOKEN, handler="h2")
        self.sections = {section: json.dumps(text).encode() for section, text in kept["sections"].items()}
        self.queue = {n: json.dumps(text).encode() for n, text in kept["queue"].items()}
        self.cp = Charger.load("CP001", self.sections, self.queue)
        self.now = datetime.fromisoformat(kept["now"])
        self.said, self.ever_said, self.chores, self.events, self.results = [], [], [], [], []
        self.count = 1000
        self.backend_fact = kept["backend_fact"]
        self.links = kept["links"]
        self.style = kept["style"]

    def go_on(self) -> None:
        """Until it is connected, and the backend knows everything."""
        self.hear(HandlerUp(id="hu", owner="h2", manners=SPOKEN))
        if not self.cp.facts.powered:
            self.do(c.PowerOn)
        if not self.cp.facts.link.wanted:
            self.do(c.GoOnline)
        self.told()

    def told(self) -> None:
        for _ in range(50):
            if self.cp.facts.link.state == "connecting":
                self.link_up()
            self.answer_all()
            for chore in [each for each in self.chores if each.type == "fetch_file"]:
                self.chores.remove(chore)
                self.worked(FileFetched(size=12, sha256="ab" * 32), chore)
            self.wait(10)
            ChargePointView.model_validate_json(view_of(self.cp))
        self.answer_all()


@pytest.mark.parametrize("name", KEPT)
def test_a_charger_that_was_kept_earlier_is_shown_and_goes_on(name: str):
    story = Resumed(name)
    shown = ChargePointView.model_validate_json(view_of(story.cp))
    assert [evse.register_wh for evse in shown.evses] == [
        pytest.approx(evse["register_wh"], abs=0.001) for evse in KEPT[name]["sections"]["facts"]["evses"]
    ]
    story.go_on()
    for evse in story.cp.facts.evses:
        if evse.authorization is not None:
            story.do(c.PressStop, evse=evse.id)
        if evse.connected:
            story.do(c.Unplug, evse=evse.id)
    story.told()
    assert not story.cp.facts.tellings
    assert not story.cp.facts.lanes.transactions
    assert story.cp.registered
    assert [e for e in story.seen("action_ended") if e.outcome == "failed"] == []


@pytest.mark.parametrize("style", ["three", "stream"])
def test_an_update_that_was_kept_earlier_is_installed_when_its_sessions_are_over(style: str):
    story = Resumed(f"{style} busy")
    story.go_on()
    assert story.cp.firmware_version == "1.0"
    for evse in list(story.cp.running()):
        story.do(c.PressStop, evse=evse.id)
    story.told()
    assert story.cp.firmware_version == "2.1.0"


@pytest.mark.parametrize("name", KEPT)
def test_a_configuration_that_was_kept_earlier_is_the_same_when_it_is_shown_and_given_again(name: str):
    story = Resumed(name)
    shown = json.loads(view_of(story.cp))["configuration"]
    result = story.do(c.Provision, configuration=ChargePointConfiguration.model_validate(shown))
    assert result is not None
    assert result.detail["change"] == "none"


@pytest.mark.parametrize("name", ["three busy", "stream busy", "stream about to reset"])
def test_what_a_configuration_kept_earlier_left_out_is_no_other_hardware(name: str):
    """The chargers file that set it up is applied at every start, also while somebody charges: its connectors were
    named, their meters' numbers left to the default of those days."""
    story = Resumed(name)
    kept = KEPT[name]["sections"]["setup"]["configuration"]
    evses = tuple({"connectors": evse["connectors"]} for evse in kept["evses"])
    given = kept | {"evses": evses}
    result = story.do(c.Provision, configuration=ChargePointConfiguration.model_validate(given))
    assert result is not None
    assert result.detail["change"] == "none"
    assert any(True for _ in story.cp.running())
