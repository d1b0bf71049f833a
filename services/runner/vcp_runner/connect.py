"""`vcp connect`: one charge point at somebody's backend, and the wire on the screen. Knows no service's insides."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vcp_testkit.client import AsyncClient

from vcp_runner import hints
from vcp_runner.leaving import Ending, Exit
from vcp_runner.screen import Screen
from vcp_runner.stack import Plan, running_stack
from vcp_runner.target import Target
from vcp_runner.watch import NotSeen, Watch, is_event, is_frame

LINK_TIMEOUT_S = 40.0
BOOT_TIMEOUT_S = 60.0


REMEDIES = {
    "refused": "is the backend running, and on that port? In a container it has to listen on 0.0.0.0",
    "unreachable": "are host and port right, and is there a way to it from here?",
    "timeout": "does a websocket server listen there? For TLS write wss://",
    "tls": "name the authority that signed its certificate with --ca FILE, or take any certificate with --insecure",
    "unauthorized": "the backend wants a password, or another one: set VCP_PASSWORD, or use --password-file",
    "not_found": "the backend knows neither this path nor this identity: compare the URL, register the charge point",
    "protocol": "does the backend speak this OCPP version? Try --protocol 2.0.1 or --protocol 1.6",
}
"""What to try when no link comes about, by the reason that the Handler names."""


class NoKeys(Ending):
    """There is no directory of keys to put something into."""

    code = Exit.NOT_SET_UP


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Which charge point to connect where, and how it presents itself."""

    target: Target
    protocols: tuple[str, ...] = ("ocpp1.6",)
    vendor: str = "VCP"
    model: str = "Virtual"
    password: str | None = None
    authorities: Path | None = None
    insecure: bool = False
    until_boot: bool = False
    """End once the backend has answered the boot."""
    keep_trying: bool = False
    """Stay although the first attempt failed; the charger goes on by its back-off."""


async def connect(connection: Connection, plan: Plan, screen: Screen) -> int:
    """Connects and shows the wire until cancelled; the exit code where it ends by itself."""
    identity = connection.target.identity
    screen.say(f"connecting charge point {identity} to {connection.target.url} …")
    async with running_stack(plan, log=screen.log, say=screen.say) as stack, stack.client() as client:
        await client.configure(identity, configuration_of(connection, stack.keys))
        async with Watch(client, identity, screen.event) as watch:
            if (why := await _online(client, watch, identity)) is not None:
                remedy = f": {REMEDIES[why]}" if why in REMEDIES else ""
                screen.say(f"{identity} could not connect to {connection.target.url} ({why}){remedy}")
                if not connection.keep_trying:
                    return Exit.NOT_CONNECTED
            if connection.until_boot:
                return await _booted(watch, screen)
            screen.say(_hints(stack.api_url, identity))
            await asyncio.Event().wait()
    return Exit.OK


def configuration_of(connection: Connection, keys: Path | None) -> Mapping[str, Any]:
    """The charge point as the control API wants it."""
    security: dict[str, Any] = {"insecure": connection.insecure}
    if connection.password is not None:
        security |= {"basic": True, "password": connection.password}
    if connection.authorities is not None:
        security["ca_label"] = _kept(keys, connection.target.identity, connection.authorities)
    return {
        "url": connection.target.url,
        "protocols": list(connection.protocols),
        "vendor": connection.vendor,
        "model": connection.model,
        "security": security,
    }


def _kept(keys: Path | None, label: str, authorities: Path) -> str:
    """Puts the authorities where the Handler looks for them; the label under which it does."""
    from vcp_plumbing.vault import Vault, VaultUnsafe

    if keys is None:
        raise NoKeys("with a broker of your own, name a directory for keys in VCP_KEYS")
    try:
        Vault(keys).put("ca", label, authorities.read_bytes())
    except VaultUnsafe as unsafe:
        raise NoKeys(str(unsafe)) from None
    except OSError as broken:
        raise NoKeys(f"the authorities can't be put into {keys}: {broken.strerror}") from None
    return label


async def _online(client: AsyncClient, watch: Watch, identity: str) -> str | None:
    """Goes online; the reason in a word why it failed, or None."""
    mark = len(watch.events)
    await client.command(identity, "go-online", wait_s=0)
    settled = await watch.seen(
        lambda event: event.get("type") == "link_changed" and event.get("state") in ("up", "failed"),
        "a link",
        after=mark,
        timeout_s=LINK_TIMEOUT_S,
    )
    if settled["state"] == "up":
        return None
    return str(settled.get("why"))


async def _booted(watch: Watch, screen: Screen) -> int:
    try:
        answer = await watch.seen(is_event("registered"), "an answer to the boot", timeout_s=BOOT_TIMEOUT_S)
        # events and the wire record are two streams: what the wire shows must be on the screen, too
        await watch.seen(is_frame("received", "result", "BootNotification"), "the boot on the wire")
    except NotSeen as missing:
        screen.say(str(missing))
        return Exit.FAILED
    screen.say(f"boot {answer['verdict']}, interval {answer['interval_s']} s")
    return Exit.OK if answer["verdict"] == "accepted" else Exit.FAILED


def _hints(api: str, identity: str) -> str:
    return (
        f"\ntouch it from another terminal:\n"
        f"  {hints.touch(api, identity, 'plug-in', {'evse': 1})}\n"
        f"  {hints.touch(api, identity, 'present-token', {'token': '04A1B2C3'})}\n"
        f"  {hints.touch(api, identity, 'unplug', {'evse': 1})}\n"
        f"  {hints.look(api, identity)}\n"
        f"stop with Ctrl-C\n"
    )
