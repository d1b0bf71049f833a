"""The pytest plugin: fixtures that bring chargers into a test. Starts nothing and loads nothing until one is asked for.

`--vcp`, the ini line `vcp` or the environment's VCP choose the product: `in-process` (no Docker; the default),
`container`, or the address of one that runs already.
"""

import os
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from vcp_testkit.charge_point import AsyncChargePoint, ChargePoint
    from vcp_testkit.product import Chargers, Product

IN_PROCESS = "in-process"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, and ini lines of the same names."""
    group = parser.getgroup("vcp", "virtual charge points")
    group.addoption(
        "--vcp", metavar="WHERE", help="The product: in-process (default), container, or the http:// of one."
    )
    group.addoption(
        "--vcp-backend-url", metavar="URL", help="The backend under test, without the charger's id."
    )
    group.addoption(
        "--vcp-protocol",
        metavar="NAME",
        action="append",
        help="Subprotocol that chargers offer (ocpp1.6); may be repeated.",
    )
    parser.addini("vcp", "The product: in-process (default), container, or the http:// of one.")
    parser.addini("vcp_backend_url", "The backend under test, without the charger's id.")
    parser.addini("vcp_protocols", "Subprotocols that chargers offer, preferred first.", type="args")


def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker."""
    config.addinivalue_line(
        "markers",
        "charger(**configuration): how the fixture `charger` is set up, as POST /charge-points takes it.",
    )


@pytest.fixture(scope="session")
def vcp(pytestconfig: pytest.Config) -> Iterator["Product"]:
    """The whole product, started at its first use. One for each worker of pytest-xdist."""
    from vcp_testkit.product import running

    with running(_told(pytestconfig, "vcp", os.environ.get("VCP")) or IN_PROCESS) as product:
        yield product


@pytest.fixture(scope="session")
def backend_url(pytestconfig: pytest.Config) -> str | None:
    """The backend under test. Override it with a fixture that starts yours, of any scope."""
    return _told(pytestconfig, "vcp_backend_url") or None


@pytest.fixture
def _chargers(
    vcp: "Product", backend_url: str | None, request: pytest.FixtureRequest
) -> Iterator["Chargers"]:
    from vcp_testkit.product import Chargers

    defaults: dict[str, Any] = {"url": backend_url}
    if protocols := _told(request.config, "vcp_protocol") or request.config.getini("vcp_protocols"):
        defaults["protocols"] = protocols
    chargers = Chargers(vcp, request.node.nodeid, defaults)
    request.node.stash[CHARGERS] = chargers
    yield chargers
    chargers.retire()


@pytest.fixture
def charger_factory(_chargers: "Chargers") -> Callable[..., "ChargePoint"]:
    """Makes chargers that are at their backend: `charger_factory(protocols=["ocpp2.0.1"])`; `online=False`: that are
    not. All are gone after the test, also after a failure."""
    return _chargers.set_up


@pytest.fixture
def charger(charger_factory: Callable[..., "ChargePoint"], request: pytest.FixtureRequest) -> "ChargePoint":
    """A charger of the test's own, at its backend. Set it up otherwise with `@pytest.mark.charger(…)`."""
    return charger_factory(**_marked(request))


@pytest.fixture
def async_charger_factory(_chargers: "Chargers", vcp: "Product") -> Callable[..., "AsyncChargePoint"]:
    """Makes chargers whose words are awaited, on their way to a backend that may live in the test's own event loop.
    `await charger.booted()` waits until they are there."""
    client = vcp.async_client()

    def made(id: str | None = None, *, online: bool = True, **configuration: Any) -> "AsyncChargePoint":
        return client.charge_point(_chargers.described(id, online=online, **configuration).id)

    return made


@pytest.fixture
def async_charger(
    async_charger_factory: Callable[..., "AsyncChargePoint"], request: pytest.FixtureRequest
) -> "AsyncChargePoint":
    """A charger of the test's own, on its way to the backend; its words are awaited. Set it up otherwise with
    `@pytest.mark.charger(…)`."""
    return async_charger_factory(**_marked(request))


CHARGERS: "pytest.StashKey[Chargers]" = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Puts the wire of its chargers under a test that failed."""
    report = yield
    if report.failed and report.when != "teardown" and (chargers := item.stash.get(CHARGERS, None)):
        from vcp_testkit.reporting import wires

        report.sections += wires(chargers)
    return report


def _marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("charger")
    return dict(marker.kwargs) if marker else {}


def _told(config: pytest.Config, name: str, otherwise: str | None = None) -> Any:
    given = config.getoption(f"--{name.replace('_', '-')}")
    if given or name == "vcp_protocol":
        return given
    return otherwise or config.getini(name)
