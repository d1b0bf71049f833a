"""The examples of docs/rules.md, played on a link."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import RawCall
from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, RuleHit
from vcp_contracts.outcomes import Outcome
from vcp_contracts.requests import Request, Resetting

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```\n\n```frames\n(.*?)```", PAGE, re.DOTALL)


class Played:
    """One example: each line is done, or held against what came out since."""

    def __init__(self, rule: dict[str, Any]) -> None:
        self.it = Linked()
        self.it.rules(rule)
        self.facts: list[Any] = []
        self.deeds: dict[str, Callable[[str], None]] = {
            "charger": self.charger,
            "backend": self.it.link.take,
            "wait": lambda seconds: self.it.wait(float(seconds)),
            "release": self.release,
            "sent": self.sent,
            "takes": self.takes,
            "asked": lambda word: self.told(Request, word),
            "ends": lambda word: self.told(Outcome, word),
            "cut": self.cut,
        }

    def charger(self, text: str) -> None:
        kind, message_id, *rest = json.loads(text)
        given = {"charge_point": "CP1", "link": "h.1"}
        if kind == 2:
            self.it.link.act(RawCall(id=message_id, name=rest[0], payload=rest[1], **given))
        else:
            request = next(
                fact for fact in self.facts if isinstance(fact, Request) and fact.message_id == message_id
            )
            result = rest[0]["status"].lower()
            self.it.link.reply(Resetting(id="r", request=request.id, result=result, **given))

    def release(self, more: str) -> None:
        self.hear()
        frame = next(fact.held.frame for fact in self.facts if isinstance(fact, FrameHeld))
        self.it.link.let_go(LetGo(id="l", charge_point="CP1", link="h.1", frame=frame, **json.loads(more)))

    def sent(self, text: str) -> None:
        assert self.it.sent.pop(0) == text

    def takes(self, text: str) -> None:
        assert [frame["text"] for frame in self.it.frames if frame["type"] == "frame_received"][-1] == text

    def told(self, kind: type, word: str) -> None:
        told = [fact for fact in self.hear() if isinstance(fact, kind)]
        assert [fact.type for fact in told] == [word]

    def cut(self, how: str) -> None:
        assert [cut.how for cut in self.it.taken(self.it.cuts)] == [how]

    def hear(self) -> list[Any]:
        new = self.it.taken(self.it.facts)
        self.facts += new
        return new

    def is_all_said(self) -> bool:
        quiet = all(isinstance(fact, RuleHit | FrameHeld | FrameLetGo) for fact in self.hear())
        return quiet and not self.it.sent and not self.it.cuts


@pytest.mark.parametrize(("rule", "lines"), EXAMPLES)
def test_an_example(rule: str, lines: str) -> None:
    played = Played(json.loads(rule))
    for line in lines.splitlines():
        verb, rest = line.split(maxsplit=1)
        played.deeds[verb](rest)
    assert played.is_all_said()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8
    assert PAGE.count("```frames") == len(EXAMPLES)
