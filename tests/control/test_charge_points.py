"""Setting charge points up, looking at them, taking them away."""

import httpx
import pytest
from control.played_abstraction import PlayedAbstraction
from redis.asyncio import Redis
from vcp_contracts.commands import Provision, Retire
from vcp_plumbing.vault import Vault

CP001 = {"id": "CP001", "url": "ws://127.0.0.1:9000/ocpp", "labels": {"team": "a"}}


async def test_a_new_charge_point_is_created_and_shown(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    answer = await api.post("/charge-points", json=CP001)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/charge-points/CP001"
    assert answer.json()["id"] == "CP001"
    assert answer.json()["configuration"]["url"] == "ws://127.0.0.1:9000/ocpp"
    [command] = abstraction.taken
    assert isinstance(command, Provision)
    assert command.charge_point == "CP001"
    assert command.configuration.labels == {"team": "a"}


async def test_the_same_description_again_is_no_news(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await api.post("/charge-points", json=CP001)
    assert (await api.post("/charge-points", json=CP001)).status_code == 200


async def test_a_changed_description_is_applied(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await api.post("/charge-points", json=CP001)
    answer = await api.post("/charge-points", json={**CP001, "vendor": "Acme"})
    assert answer.status_code == 200
    assert answer.json()["configuration"]["vendor"] == "Acme"


async def test_a_wrong_field_is_named_as_its_author_wrote_it(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    body = {"id": "CP001", "evses": [{"connectors": [{"phases": 3}, {"phases": 4}]}]}
    answer = await api.post("/charge-points", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:vcp:problem:bad_field",
        "title": "A field is wrong",
        "status": 422,
        "detail": "evses[0].connectors[1].phases: must be less than or equal to 3. Correct "
        "evses[0].connectors[1].phases.",
        "field": "evses[0].connectors[1].phases",
        "reason": "must be less than or equal to 3",
        "remedy": "correct evses[0].connectors[1].phases",
    }
    assert abstraction.taken == []


async def test_a_misspelt_field_is_guessed(api: httpx.AsyncClient) -> None:
    answer = await api.post("/charge-points", json={"id": "CP001", "vendro": "Acme"})
    assert answer.status_code == 422
    assert (answer.json()["field"], answer.json()["remedy"]) == ("vendro", "did you mean vendor?")


async def test_a_description_that_contradicts_itself_is_refused(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    answer = await api.post("/charge-points", json={"id": "CP001", "security": {"password": "letmein"}})
    assert answer.status_code == 422
    assert "needs a url" in answer.json()["reason"]


async def test_a_password_goes_into_the_vault_and_no_further(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault, redis: Redis
) -> None:
    body = {**CP001, "security": {"password": "correct horse"}}
    answer = await api.post("/charge-points", json=body)
    assert answer.status_code == 201
    assert vault.get("password", "CP001") == b"correct horse"
    [command] = abstraction.taken
    assert isinstance(command, Provision)
    assert command.configuration.security.basic
    assert "horse" not in command.model_dump_json() + answer.text


async def test_a_password_may_be_bytes(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault
) -> None:
    await api.post(
        "/charge-points", json={**CP001, "security": {"password": "hex:00ff", "password_label": "k"}}
    )
    assert vault.get("password", "k") == b"\x00\xff"


async def test_a_password_that_is_wrong_is_not_repeated_in_the_answer(api: httpx.AsyncClient) -> None:
    answer = await api.post("/charge-points", json={**CP001, "security": {"password": "hex:s3cret"}})
    assert answer.status_code == 422
    assert answer.json()["field"] == "security.password"
    assert "s3cret" not in answer.text
    answer = await api.post("/charge-points", json={**CP001, "security": {"password": ["s3cret"]}})
    assert answer.status_code == 422
    assert "s3cret" not in answer.text


async def test_a_charge_point_that_the_charger_refuses_is_told_with_field_and_remedy(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: {
        "status": "rejected",
        "kind": "impossible",
        "field": "settings.Nonsense",
        "reason": "there is no setting Nonsense",
        "remedy": "see the settings in the view",
    }
    answer = await api.post("/charge-points", json={**CP001, "settings": {"Nonsense": "1"}})
    assert answer.status_code == 409
    assert answer.json()["field"] == "settings.Nonsense"
    assert answer.json()["remedy"] == "see the settings in the view"


async def test_a_charge_point_is_shown_or_unknown(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.knows("CP001")
    assert (await api.get("/charge-points/CP001")).json()["status"] == "available"
    answer = await api.get("/charge-points/CP002")
    assert answer.status_code == 404
    assert answer.json()["reason"] == "there is no charge point CP002"


async def test_charge_points_are_listed_page_by_page(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    for id in ("CP3", "CP1", "CP2"):
        await abstraction.knows(id)
    first = (await api.get("/charge-points", params={"limit": 2})).json()
    assert [one["id"] for one in first["items"]] == ["CP1", "CP2"]
    rest = (await api.get("/charge-points", params={"limit": 2, "after": first["next"]})).json()
    assert [one["id"] for one in rest["items"]] == ["CP3"]
    assert rest["next"] is None


async def test_charge_points_are_found_by_their_labels(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.knows("CP1", labels={"team": "a", "site": "x"})
    await abstraction.knows("CP2", labels={"team": "a"})
    await abstraction.knows("CP3", labels={"team": "b", "site": "x"})

    async def found(*labels: str) -> list[str]:
        answer = await api.get("/charge-points", params={"label": list(labels)})
        return [one["id"] for one in answer.json()["items"]]

    assert await found("team=a") == ["CP1", "CP2"]
    assert await found("site") == ["CP1", "CP3"]
    assert await found("team=a", "site=x") == ["CP1"]


async def test_a_retired_charge_point_is_gone_with_its_password(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault
) -> None:
    await api.post("/charge-points", json={**CP001, "security": {"password": "letmein"}})
    vault.put("password", "CP001#3", b"of the backend's")
    vault.put("key", "CP001#0", b"key")
    answer = await api.delete("/charge-points/CP001")
    assert (answer.status_code, answer.json()["status"]) == (200, "done")
    assert isinstance(abstraction.taken[-1], Retire)
    assert vault.get("password", "CP001") is None
    assert vault.get("password", "CP001#3") is None
    assert vault.get("key", "CP001#0") is None
    assert (await api.delete("/charge-points/CP001")).status_code == 404


async def test_all_with_a_label_are_retired_and_nobody_without_one(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.knows("CP1", labels={"team": "a"})
    await abstraction.knows("CP2", labels={"team": "a"})
    await abstraction.knows("CP3", labels={"team": "b"})
    assert (await api.delete("/charge-points")).status_code == 422
    answer = await api.delete("/charge-points", params={"label": "team=a"})
    assert answer.json() == {"retired": ["CP1", "CP2"], "pending": []}
    left = (await api.get("/charge-points")).json()["items"]
    assert [one["id"] for one in left] == ["CP3"]


async def test_a_slash_may_be_part_of_an_id(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    answer = await api.post("/charge-points", json={"id": "depot/CP 1"})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/charge-points/depot%2FCP%201"
    assert (await api.get(answer.headers["location"])).json()["id"] == "depot/CP 1"
    assert (await api.post("/charge-points/depot%2fCP%201/plug-in")).status_code == 200
    assert abstraction.taken[-1].charge_point == "depot/CP 1"


@pytest.mark.parametrize(
    ("part", "field", "reason", "remedy"),
    [
        (
            {"evses": [{"connectors": [{"type": "CCS2"}]}]},
            "evses[0].connectors[0].type",
            "must be 'cCCS1', 'cCCS2', ",
            "did you mean 'cCCS2'?",
        ),
        (
            {"evses": [{"connectors": [{"type": "plug"}]}]},
            "evses[0].connectors[0].type",
            "must be 'cCCS1', 'cCCS2', ",
            "use 'cCCS1', 'cCCS2', ",
        ),
        (
            {"evses": [{"connectors": [{"current": 5}]}]},
            "evses[0].connectors[0].current",
            "must be 'ac' or 'dc'",
            "use 'ac' or 'dc'",
        ),
        (
            {"security": {"password": ""}},
            "security.password",
            "must have at least 1 character, not 0",
            "correct security.password",
        ),
        ({"protocols": []}, "protocols", "must have at least 1 item, not 0", "correct protocols"),
    ],
)
async def test_a_wrong_field_of_a_set_up_says_what_may_be_there(
    api: httpx.AsyncClient, part: dict[str, object], field: str, reason: str, remedy: str
) -> None:
    answer = await api.post("/charge-points", json={**CP001, **part})
    told = answer.json()
    assert (answer.status_code, told["field"]) == (422, field)
    assert told["reason"].startswith(reason)
    assert told["remedy"].startswith(remedy)
