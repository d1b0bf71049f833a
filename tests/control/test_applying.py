"""Applying the chargers file: all of it, as often as it takes, and once."""

import asyncio
from pathlib import Path

import pytest
from control.played_abstraction import PlayedAbstraction
from vcp_contracts.commands import Provision
from vcp_control.applying import Application
from vcp_control.asking import Means
from vcp_control.chargers_file import WrongChargersFile, read_chargers

FILE = "charge_points:\n  - {id: 'CP{n}', count: 300}\n  - {id: LAST, url: 'ws://x/y', security: {password: letmein}}\n"


@pytest.fixture
def application(tmp_path: Path, means: Means) -> Application:
    path = tmp_path / "chargers.yaml"
    path.write_text(FILE)
    return Application(path, read_chargers(path), means.desk, means.vault)


async def test_every_charge_point_is_set_up_once(
    application: Application, abstraction: PlayedAbstraction, means: Means
) -> None:
    assert application.missing() == "0 of 301 charge points are set up"
    await application.apply()
    assert application.missing() is None
    assert sorted(command.charge_point for command in abstraction.taken) == sorted(
        [*(f"CP{n}" for n in range(1, 301)), "LAST"]
    )
    assert all(isinstance(command, Provision) for command in abstraction.taken)
    assert means.vault is not None
    assert means.vault.get("password", "LAST") == b"letmein"


async def test_it_waits_for_an_abstraction(
    application: Application, abstraction: PlayedAbstraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vcp_control.applying.RETRY_S", 0.01)
    await abstraction.die()
    applying = asyncio.create_task(application.apply())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(applying), 0.05)
    assert application.done == 0
    await abstraction.show_life()
    await applying
    assert application.missing() is None


async def test_a_refusal_ends_it_with_line_and_field(
    application: Application, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: (
        {"status": "rejected", "kind": "impossible", "field": "url", "reason": "not that one"}
        if command.charge_point == "LAST"
        else {"status": "done"}
    )
    with pytest.raises(WrongChargersFile, match=r"line 3: url: LAST: not that one") as told:
        await application.apply()
    assert (told.value.line, told.value.field) == (3, "url")
