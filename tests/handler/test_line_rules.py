"""Rules on lines against a real backend in this process: from the first frame on, over connections, and through cuts."""

from typing import Any

import pytest
from handler.fakes import a_backend
from handler.test_switchboard import P, a_desk, beat, close
from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, LinkDown, LinkUp, RuleHit, SetRules
from vcp_contracts.outcomes import Answered
from vcp_contracts.rules import Rule, StandingRule

BEATS = {"action": "Heartbeat", "direction": "sent"}


def standing(name: str, then: Any, /, hits: int = 0, **rule: Any) -> StandingRule:
    given = {"name": name, "then": then, "when": BEATS, **rule}
    return StandingRule(id=name, rule=Rule.model_validate(given), hits=hits)


def set_rules(*rules: StandingRule, **more: Any) -> SetRules:
    return SetRules(id="s1", charge_point="CP 1", rules=rules, **more)


async def test_rules_of_the_order_are_in_force_from_the_first_frame_and_on_the_next_connection() -> None:
    answer = {"do": "answer", "payload": {"currentTime": "2026-01-01T12:00:00Z"}}
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend, rules=(standing("r", answer, times=2),))
        desk.say(beat(up.link))
        assert (await desk.fact(RuleHit)).hits == 1
        await desk.fact(Answered)
        await (await backend.connections.get()).close()
        await desk.fact(LinkDown)
        up = await desk.fact(LinkUp)
        for number, facts in ((2, [RuleHit, Answered]), (3, [Answered])):
            desk.say(beat(up.link, f"a{number}"))
            for kind in facts:
                await desk.fact(kind)
        assert (await backend.got.get())[1] == "a3", "twice the rule answered"


async def test_rules_that_are_set_stand_at_once_and_stay_for_the_next_connection() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend)
        desk.say(set_rules(standing("r", {"do": "wrong_id", "id": "other"})))
        desk.say(beat(up.link))
        assert (await backend.got.get())[1] == "other"
        await desk.fact(RuleHit)
        await (await backend.connections.get()).close()
        await desk.fact(LinkDown)
        up = await desk.fact(LinkUp)
        desk.say(beat(up.link))
        assert (await backend.got.get())[1] == "other"
        desk.say(set_rules())
        await desk.fact(RuleHit)


async def test_a_held_message_is_let_go_by_a_word_for_its_own_link() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend, rules=(standing("r", {"do": "hold"}),))
        desk.say(beat(up.link))
        await desk.fact(RuleHit)
        held = (await desk.fact(FrameHeld)).held
        word = {"id": "l", "charge_point": "CP 1", "frame": held.frame}
        desk.say(LetGo(link="h.0", drop=True, **word))
        desk.say(LetGo(link=up.link, **word))
        assert (await desk.fact(FrameLetGo)).how == "released"
        assert (await backend.got.get())[1] == "a1"
        await desk.fact(Answered)


async def test_a_held_message_is_let_go_by_the_clock_alone() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend, rules=(standing("r", {"do": "hold", "at_most_s": 0.02}),))
        desk.say(beat(up.link))
        await desk.fact(RuleHit)
        await desk.fact(FrameHeld)
        assert (await desk.fact(FrameLetGo)).how == "expired"
        await desk.fact(Answered)


async def test_what_was_held_is_gone_with_its_link() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend, rules=(standing("r", {"do": "hold"}),))
        desk.say(beat(up.link))
        await desk.fact(RuleHit)
        await desk.fact(FrameHeld)
        await (await backend.connections.get()).close()
        await desk.fact(LinkDown)
        await desk.fact(LinkUp)
        desk.say(close(2))
        await desk.fact(LinkDown)


@pytest.mark.parametrize(("how", "code"), [("close", 4321), ("reset", 1006)])
async def test_a_cut_ends_the_connection_and_the_charger_connects_again(how: str, code: int) -> None:
    cut = {"do": "cut", "how": how, "code": 4321, "reason": "bye"}
    async with a_backend() as backend, a_desk() as desk:
        first = await desk.up(backend, rules=(standing("r", cut, times=1),))
        connection = await backend.connections.get()
        desk.say(beat(first.link))
        await desk.fact(RuleHit)
        down = await desk.fact(LinkDown)
        assert (down.link, down.why) == (first.link, "closed_by_us")
        assert "bye" in down.detail
        await connection.wait_closed()
        assert connection.close_code == code
        again = await desk.fact(LinkUp)
        desk.say(beat(again.link))
        await desk.fact(Answered)


async def test_a_silent_cut_leaves_the_old_connection_half_open_beside_the_new_one() -> None:
    async with a_backend() as backend, a_desk() as desk:
        first = await desk.up(backend, rules=(standing("r", {"do": "cut", "how": "silent"}, times=1),))
        old = await backend.connections.get()
        desk.say(beat(first.link))
        await desk.fact(RuleHit)
        await desk.fact(LinkDown)
        await desk.fact(LinkUp)
        assert old.state.name == "OPEN"
        assert backend.got.empty()
        desk.switchboard.lose(P)
        await old.wait_closed()
        desk.switchboard.take(P, float("inf"))


async def test_rules_for_a_charger_that_is_not_wanted_change_nothing() -> None:
    async with a_backend() as backend, a_desk() as desk:
        desk.say(set_rules(standing("r", {"do": "drop"})))
        up = await desk.up(backend)
        desk.say(set_rules(standing("r", {"do": "drop"})))
        desk.say(close(2))
        await desk.fact(LinkDown)
        desk.say(set_rules())
        assert up.order == 1
