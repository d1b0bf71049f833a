"""Who may know whom, as one table: every import of every file is held against it, and the words in the code of the
rooms that must not know a version. A failure reads like `handler/session.py may not know vcp_abstraction`.
"""

import ast
import enum
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest
from vcp_contracts import settings

TOP = Path(__file__).parents[1]

OURS = frozenset(
    f"vcp_{room}"
    for room in (
        "contracts",
        "abstraction",
        "handler",
        "chores",
        "control",
        "plumbing",
        "runner",
        "testkit",
        "backend",
    )
)
BROKER = ("redis", "hiredis", "faststream")
OCPP = ("ocpp", "jsonschema", "jsonschema_rs", "websockets")


@dataclass(frozen=True)
class Room:
    """The files it covers, our packages that they may know, and foreign ones that they must not."""

    files: tuple[str, ...]
    knows: tuple[str, ...]
    never: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    """The only foreign packages that may be known, where the table says so; None: any but `never`."""
    but: tuple[str, ...] = ()
    """Files that it does not cover."""


APPS = tuple(f"services/{room}/vcp_{room}/app.py" for room in ("abstraction", "handler", "chores", "control"))
CORE = "services/abstraction/vcp_abstraction"

ROOMS = {
    "contracts": Room(("contracts/vcp_contracts/*",), ("vcp_contracts",), only=("pydantic", "pydantic_core")),
    "abstraction": Room(
        ("services/abstraction/*",),
        ("vcp_contracts", "vcp_plumbing", "vcp_abstraction"),
        never=(*OCPP, "fastapi"),
    ),
    "abstraction's core": Room(
        ("services/abstraction/*",),
        ("vcp_contracts", "vcp_abstraction"),
        never=(
            *BROKER,
            "asyncio",
            "socket",
            "threading",
            "subprocess",
            "secrets",
            "vcp_abstraction.app",
            "vcp_abstraction.shell",
        ),
        but=(f"{CORE}/shell/*", f"{CORE}/app.py", f"{CORE}/__main__.py"),
    ),
    "handler": Room(
        ("services/handler/*",),
        ("vcp_contracts", "vcp_plumbing", "vcp_handler"),
        never=("fastapi", "jsonschema"),
    ),
    "chores": Room(
        ("services/chores/*",),
        ("vcp_contracts", "vcp_plumbing", "vcp_chores"),
        never=(*OCPP, "fastapi"),
    ),
    "dialects": Room(
        ("services/handler/vcp_handler/dialects/*",),
        ("vcp_contracts", "vcp_handler.dialects"),
        never=(*BROKER, "websockets", "asyncio", "socket"),
    ),
    "what dialects share": Room(
        ("services/handler/vcp_handler/dialects/shared/*",),
        ("vcp_contracts", "vcp_handler.dialects"),
        never=(
            *(f"vcp_handler.dialects.ocpp{version}" for version in ("16", "201", "21")),
            "ocpp",
        ),
    ),
    "the dialect of 1.6": Room(
        ("services/handler/vcp_handler/dialects/ocpp16/*",),
        ("vcp_contracts", "vcp_handler.dialects"),
        never=("vcp_handler.dialects.ocpp201", "vcp_handler.dialects.ocpp21", "ocpp.v201", "ocpp.v21"),
    ),
    "the dialect of 2.0.1": Room(
        ("services/handler/vcp_handler/dialects/ocpp201/*",),
        ("vcp_contracts", "vcp_handler.dialects"),
        never=("vcp_handler.dialects.ocpp16", "vcp_handler.dialects.ocpp21", "ocpp.v16", "ocpp.v21"),
    ),
    "the dialect of 2.1": Room(
        ("services/handler/vcp_handler/dialects/ocpp21/*",),
        ("vcp_contracts", "vcp_handler.dialects"),
        never=("vcp_handler.dialects.ocpp16", "ocpp.v16"),
    ),
    "control": Room(("services/control/*",), ("vcp_contracts", "vcp_plumbing", "vcp_control"), never=OCPP),
    "plumbing": Room(("services/plumbing/*",), ("vcp_contracts", "vcp_plumbing"), never=(*OCPP, "fastapi")),
    "backend": Room(("services/backend/*",), ("vcp_backend",), never=(*BROKER, "fastapi", "pydantic")),
    "runner": Room(("services/runner/*",), tuple(OURS)),
    "testkit": Room(
        ("services/testkit/*",), ("vcp_contracts", "vcp_testkit"), never=(*BROKER, *OCPP, "fastapi")
    ),
}


GUESTS = {
    # the product that a fixture starts in the test's own process
    ("services/testkit/vcp_testkit/product.py", "vcp_runner.in_process.InProcess"),
}


def sources(*patterns: str) -> list[Path]:
    found = [*(TOP / "contracts").rglob("*.py"), *(TOP / "services").rglob("*.py")]
    return sorted(path for path in found if any(fnmatch(shown(path), pattern) for pattern in patterns))


def shown(path: Path) -> str:
    return path.relative_to(TOP).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[str]:
    """Full names of all that a file imports, wherever in the file it does so."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{package_of(path, node)}.{alias.name}" for alias in node.names)


def package_of(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    start = next(number for number, part in enumerate(path.parts) if part in OURS)
    package = path.parts[start : len(path.parts) - node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def forbidden(room: Room, name: str) -> bool:
    top = name.partition(".")[0]
    if within(name, room.never):
        return True
    if top in OURS:
        return not within(name, room.knows)
    return room.only is not None and top not in room.only and top not in sys.stdlib_module_names


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_knows_only_what_it_may(name: str):
    room = ROOMS[name]
    covered = sorted(set(sources(*room.files)) - set(sources(*room.but)))
    trespasses = {
        f"{shown(path)} may not know {name}"
        for path in covered
        for name in imports(path)
        if forbidden(room, name) and (shown(path), name) not in GUESTS
    }
    assert not trespasses, "\n".join(sorted(trespasses))


def test_every_file_belongs_to_a_room():
    homeless = set(sources("*")) - set(
        sources(*(pattern for room in ROOMS.values() for pattern in room.files))
    )
    assert not homeless


def test_faststream_is_known_in_app_py_alone():
    trespasses = {
        f"{shown(path)} may not know {name}; only app.py may"
        for path in sources(
            "services/abstraction/*", "services/handler/*", "services/chores/*", "services/control/*"
        )
        for name in imports(path)
        if within(name, ("faststream",)) and shown(path) not in APPS
    }
    assert not trespasses, "\n".join(sorted(trespasses))


# Imports that run late hide who needs whom, and are how circles begin.

LATE = {
    f"services/{file}": reason
    for file, reason in {
        "control/vcp_control/__main__.py": "a wrong setting is told before anything slow is loaded",
        "control/vcp_control/health.py": "no start pays for what a scrape needs",
        "plumbing/vcp_plumbing/health.py": "no start pays for what a scrape needs",
        "plumbing/vcp_plumbing/process.py": "there is none for Windows",
        "plumbing/vcp_plumbing/service.py": "only a process with a health port needs a server",
        "runner/vcp_runner/__main__.py": "every child of the nursery reads it, and none has a use for commands",
        "runner/vcp_runner/cli.py": "a command loads only what it runs",
        "runner/vcp_runner/connect.py": "a command that will not start says so at once",
        "runner/vcp_runner/doctor.py": "it looks whether that is there",
        "runner/vcp_runner/given_broker.py": "a command with a broker of its own needs no client for one",
        "runner/vcp_runner/record_verbs.py": "a command loads only what it runs",
        "runner/vcp_runner/scenario_verbs.py": "a command loads only what it runs",
        "runner/vcp_runner/server_binary.py": "it looks whether that is there",
        "runner/vcp_runner/stack.py": "what only keeps others running needs no client of anything",
        "testkit/vcp_testkit/plugin.py": "a test run that asks for no charger pays for none",
        "testkit/vcp_testkit/product.py": "only the product that was chosen is loaded",
    }.items()
}


def late_imports(path: Path) -> list[int]:
    """Lines of the imports inside functions."""
    return [
        node.lineno
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def test_no_import_stands_in_a_function_without_a_reason():
    late = {shown(path): late_imports(path) for path in sources("*") if late_imports(path)}
    assert not {f"{file}:{line}" for file, lines in late.items() if file not in LATE for line in lines}
    assert set(LATE) == set(late), "a reason is no longer needed"


def test_no_imports_run_in_a_circle():
    modules = {module_of(path): path for path in sources("*")}
    knows = {module: known_to(path, modules) - {module} for module, path in modules.items()}
    TopologicalSorter(knows).prepare()  # raises CycleError, which names the circle


def module_of(path: Path) -> str:
    start = next(number for number, part in enumerate(path.parts) if part in OURS)
    return ".".join(path.parts[start:]).removesuffix(".py").removesuffix(".__init__")


def known_to(path: Path, modules: Collection[str]) -> set[str]:
    """Which of the modules a file imports, or imports something of."""
    known = (name if name in modules else name.rpartition(".")[0] for name in imports(path))
    return {module for module in known if module in modules}


# The words of one version, which the charger and the contracts must not say.

NO_VERSION = ("services/abstraction/*", "contracts/vcp_contracts/*")

VERSION = re.compile(
    r"ocpp[ _-]?v?\d|(?<![\d.§])(1\.6|2\.0\.1|2\.1)(?![\d.])|\bv(16|201|21)\b", re.IGNORECASE
)

DATA = {
    # the subprotocol that a charger offers unless told otherwise: a token, never compared
    ("contracts/vcp_contracts/configuration.py", "ocpp1.6"),
}


@cache
def wire_actions() -> frozenset[str]:
    """Action names that only a wire has: those that not all versions share, and all notifications."""
    versions = [actions_of(version) for version in ("v16", "v201", "v21")]
    everywhere = frozenset.intersection(*versions)
    return frozenset(
        name
        for name in frozenset.union(*versions)
        if name not in everywhere or name.endswith("Notification") or name == "MeterValues"
    )


def actions_of(version: str) -> frozenset[str]:
    folder = files("ocpp") / version / "schemas"
    return frozenset(
        re.sub("(Request|Response)$", "", file.name.removesuffix(".json"))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    )


@cache
def wire_values() -> frozenset[str]:
    """Enum values as some version spells them, except those that the contracts say in the same way."""
    spelled = {
        str(member.value)
        for version in ("v16", "v201", "v21")
        for kind in vars(import_module(f"ocpp.{version}.enums")).values()
        if isinstance(kind, enum.EnumMeta)
        for member in kind
    }
    shared = {text for path in sources("contracts/vcp_contracts/*") for _, text in strings(path)}
    return frozenset(word for word in spelled - shared if re.search("[A-Z]", word) and len(word) > 2)


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every name and every string in the code; comments and docstrings are not code."""
    yield from strings(path)
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
                yield node.lineno, text
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
                yield node.lineno, text
            case ast.alias(name=text):
                yield node.lineno, text


def strings(path: Path) -> Iterator[tuple[int, str]]:
    tree = tree_of(path)
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.lineno, node.value


def is_a_setting(text: str) -> bool:
    """Names of settings and their keys are data, wherever they stand."""
    return settings.find(text) is not None


def test_no_version_is_named_in_the_charger_or_the_contracts():
    trespasses = {
        f"{shown(path)}:{line} may not know the version in {text!r}"
        for path in sources(*NO_VERSION)
        for line, text in said(path)
        if VERSION.search(text) and (shown(path), text) not in DATA
    }
    assert not trespasses, "\n".join(sorted(trespasses))


def test_no_action_of_the_wire_is_named_in_the_charger_or_the_contracts():
    trespasses = {
        f"{shown(path)}:{line} may not know the action {word}"
        for path in sources(*NO_VERSION)
        if path.name != "settings.py"
        or "contracts" not in path.parts  # its rows carry keys and instances as data
        for line, text in said(path)
        if not is_a_setting(text)
        for word in re.findall(r"\w+", text)
        if word in wire_actions()
    }
    assert not trespasses, "\n".join(sorted(trespasses))


def test_no_spelled_enum_value_is_named_in_the_charger():
    trespasses = {
        f"{shown(path)}:{line} may not know the spelling {text!r}"
        for path in sources("services/abstraction/*")
        # components and variables are named as the contracts name them
        if path.name not in ("settings.py", "setting_values.py")
        for line, text in strings(path)
        if text in wire_values() and not is_a_setting(text)
    }
    assert not trespasses, "\n".join(sorted(trespasses))


# The checks themselves.


def test_wire_actions_are_told_from_plain_words():
    assert {
        "BootNotification",
        "RemoteStartTransaction",
        "TransactionEvent",
        "SetVariables",
    } <= wire_actions()
    assert not {"Authorize", "Reset", "DataTransfer", "GetLog", "Heartbeat", "ReserveNow"} & wire_actions()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ocpp1.6", True),
        ("2.0.1", True),
        ("ocpp201", True),
        ("ocpp", False),
        ("12.1", False),
        ("§2.1.3", False),
    ],
)
def test_versions_are_recognised(text: str, named: bool):
    assert bool(VERSION.search(text)) is named


def test_trespasses_are_found_wherever_they_stand(tmp_path: Path):
    file = tmp_path / "vcp_handler" / "session.py"
    file.parent.mkdir()
    file.write_text(
        '"""A comment may say BootNotification."""\n'
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import vcp_abstraction.charger\n"
        "def f():\n    from . import app\n    return 'StartTransaction'\n"
    )
    assert "vcp_abstraction.charger" in list(imports(file))
    assert "vcp_handler.app" in list(imports(file))
    assert forbidden(ROOMS["handler"], "vcp_abstraction.charger")
    assert [text for _, text in said(file) if text in wire_actions()] == ["StartTransaction"]
