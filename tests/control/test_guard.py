"""Who may speak to the API: tokens, strange hosts, strange origins."""

import httpx
import pytest
from control.conftest import Api
from vcp_control.settings import ApiSettings, WrongApiSetting, is_loopback

TOKEN = "correct-horse"


async def test_with_a_token_every_request_needs_it(api_as: Api) -> None:
    async with api_as(VCP_API_TOKEN=TOKEN) as api:
        assert (await api.get("/charge-points")).status_code == 401
        answer = await api.get("/charge-points", headers={"Authorization": "Bearer wrong-horse"})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
        assert TOKEN not in answer.text
        answer = await api.get("/charge-points", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200


@pytest.mark.parametrize("authorization", ["", "Bearer", f"Basic {TOKEN}", f"Bearer{TOKEN}", "Bearer ü"])
async def test_what_is_no_bearer_token_does_not_count(api_as: Api, authorization: str) -> None:
    async with api_as(VCP_API_TOKEN=TOKEN) as api:
        headers = {"Authorization": authorization.encode()}
        assert (await api.get("/charge-points", headers=headers)).status_code == 401


async def test_health_needs_no_token(api_as: Api) -> None:
    async with api_as(VCP_API_TOKEN=TOKEN) as api:
        assert (await api.get("/health/live")).status_code == 200
        assert (await api.get("/health/ready")).status_code == 503
        assert (await api.get("/metrics")).status_code == 401


@pytest.mark.parametrize(
    "host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "10.0.0.7", "vcp:8080", "app.localhost"]
)
async def test_a_host_that_no_stranger_can_name_is_served(api: httpx.AsyncClient, host: str) -> None:
    assert (await api.get("/charge-points", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.nip.example:8080", "", "[::1"])
async def test_a_host_that_anybody_could_point_here_is_refused(api: httpx.AsyncClient, host: str) -> None:
    answer = await api.get("/charge-points", headers={"Host": host})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:vcp:problem:strange_host")


async def test_a_strange_web_page_can_change_nothing(api: httpx.AsyncClient) -> None:
    for origin in ("https://evil.example.com", "null"):
        answer = await api.delete("/charge-points/CP001", headers={"Origin": origin})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:vcp:problem:strange_origin")
        assert (await api.get("/charge-points", headers={"Origin": origin})).status_code == 200


async def test_a_page_of_this_machine_may_change_things(api: httpx.AsyncClient) -> None:
    answer = await api.post("/charge-points/CP001/plug-in", headers={"Origin": "http://localhost:3000"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:vcp:problem:no_abstraction"


async def test_a_listed_name_is_served(api_as: Api) -> None:
    async with api_as(VCP_API_HOSTS="vcp.example.com, tools.example.com") as api:
        headers = {"Host": "VCP.example.com", "Origin": "https://tools.example.com"}
        assert (await api.post("/charge-points/CP1/plug-in", headers=headers)).status_code == 503


def test_the_default_is_this_machine_only() -> None:
    settings = ApiSettings.read({})
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8080, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "vcp.example.com"])
def test_serving_others_without_a_token_is_refused_with_the_remedy(host: str) -> None:
    with pytest.raises(WrongApiSetting, match="VCP_API_TOKEN"):
        ApiSettings.read({"VCP_API_HOST": host})
    assert ApiSettings.read({"VCP_API_HOST": host, "VCP_API_TOKEN": TOKEN}).host == host
    assert ApiSettings.read({"VCP_API_HOST": host, "VCP_API_OPEN": "1"}).open


@pytest.mark.parametrize(
    ("variable", "value"),
    [("VCP_API_PORT", "70000"), ("VCP_API_OPEN", "perhaps"), ("VCP_API_TOKEN", "short")],
)
def test_a_wrong_setting_names_its_variable_and_not_its_value(variable: str, value: str) -> None:
    with pytest.raises(WrongApiSetting) as wrong:
        ApiSettings.read({variable: value})
    assert wrong.value.variable == variable
    assert value not in str(wrong.value)


def test_a_token_is_never_shown() -> None:
    assert TOKEN not in repr(ApiSettings.read({"VCP_API_TOKEN": TOKEN}))


def test_loopback_is_known_in_all_its_spellings() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.example.com"))
