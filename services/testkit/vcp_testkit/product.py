"""The product that tests work with: in this process, in a container, or one that runs already. Starts it, tells no story."""

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from vcp_testkit.charge_point import ChargePoint
from vcp_testkit.client import AsyncClient, Client
from vcp_testkit.looking import NotSo
from vcp_testkit.problems import Problem

Json = dict[str, Any]
LOCAL = re.compile(r"localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1?", re.IGNORECASE)
"""Hosts that mean this machine, and mean another one inside a container."""

BOOT_S = 5.0
"""How long a backend may take to answer a boot before a test begins without."""


class WrongChoice(ValueError):
    """The choice of a product is none of those that there are."""


class NotConnected(Exception):
    """A charger found no backend; the text says where, and why."""


class Unfinished(Exception):
    """A test began a rule and did not add it: nothing of it was in force."""


class Product:
    """A running product, and the chargers that a test run sets up in it."""

    def __init__(self, api_url: str, *, host: str | None = None, token: str | None = None) -> None:
        """`host`: the name under which the product reaches this machine; None: as anybody on it does."""
        self.api_url = api_url
        self.run = secrets.token_hex(4)
        """Names this run in the label `run` of each of its chargers."""
        self._host = host
        self._token = token
        self.client = Client(api_url, token=token)

    def async_client(self) -> AsyncClient:
        """A client for async code, which any event loop may use. Nothing is left open between two words."""
        return AsyncClient(self.api_url, token=self._token, keep_alive=False)

    def reached(self, url: str) -> str:
        """A backend's address on this machine, as the product reaches it."""
        parts = urlsplit(url)
        if self._host is None or not LOCAL.fullmatch(parts.hostname or ""):
            return url
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit(parts._replace(netloc=f"{self._host}{port}"))

    def close(self) -> None:
        """Closes the connections; the product goes on."""
        self.client.close()


class Chargers:
    """The chargers of one test: each fresh, all gone in the end."""

    def __init__(self, product: Product, test: str, defaults: Mapping[str, Any]) -> None:
        self._product = product
        self._labels = {"run": product.run, "test": test}
        self._defaults = defaults
        self.made: list[ChargePoint] = []

    def set_up(self, id: str | None = None, *, online: bool = True, **configuration: Any) -> ChargePoint:
        """A charge point, set up as `POST /charge-points` takes it, at its backend, which has answered its boot.

        With `online` False it stays offline. A backend that leaves the boot unanswered is waited for 5 s. Raises
        NotConnected.
        """
        charger = self.described(id, online=False, **configuration)
        if not online:
            return charger
        came = charger.go_online()["detail"]
        if came.get("link") != "up":
            raise NotConnected(
                f"{charger.id} could not connect to {charger.view()['configuration']['url']}: {came}"
            )
        with suppress(NotSo):
            charger.wait_for(lambda view: view["boot"]["verdict"] != "none", within=BOOT_S)
        return charger

    def described(self, id: str | None = None, **configuration: Any) -> ChargePoint:
        """A charge point, set up as `POST /charge-points` takes it, and left to itself."""
        described: Json = {**self._defaults, **configuration}
        if described.get("url") is None:
            raise WrongChoice(
                "the charger has no backend: override the fixture `backend_url`, set `vcp_backend_url` in pytest's "
                "ini, or give url=…"
            )
        described["url"] = self._product.reached(described["url"])
        described["labels"] = {**described.get("labels", {}), **self._labels}
        charger = self._product.client.charge_point(id or f"VCP{secrets.token_hex(5)}")
        charger.configure(described)
        self.made.append(charger)
        return charger

    def retire(self) -> None:
        """Takes all chargers of the test away, also those that the test set up otherwise with its labels."""
        self._product.client.retire_all(**self._labels)
        left = [script.name for charger in self.made for script in charger.begun if not script.added]
        if left:
            raise Unfinished(
                f"begun, and never added: {', '.join(left)}; end it with once(), times(n), always() or for_seconds(n)"
            )


@contextmanager
def running(choice: str) -> Iterator[Product]:
    """The product for the length of the block: `in-process`, `container`, or the address of one that runs.

    Raises WrongChoice, and what keeps a product from starting.
    """
    if choice.startswith(("http://", "https://")):
        product = Product(choice, token=os.environ.get("VCP_API_TOKEN"))
        try:
            yield product
        finally:
            with suppress(Problem):
                product.client.retire_all(run=product.run)
            product.close()
        return
    if choice not in _STARTS:
        raise WrongChoice(
            f"vcp: {choice!r} is no product; write {', '.join(_STARTS)}, or the address of one that runs (http://…)"
        )
    with _STARTS[choice]() as product:
        yield product


@contextmanager
def _in_process() -> Iterator[Product]:
    from vcp_runner.in_process import InProcess

    with InProcess() as here:
        product = Product(here.api_url)
        try:
            yield product
        finally:
            product.close()


@contextmanager
def _in_container() -> Iterator[Product]:
    from vcp_testkit.container import HOST, VirtualChargePointContainer

    with VirtualChargePointContainer() as container:
        product = Product(container.api_url, host=HOST)
        try:
            yield product
        finally:
            product.close()


_STARTS: dict[str, Callable[[], Any]] = {"in-process": _in_process, "container": _in_container}
