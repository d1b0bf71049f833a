"""Writes `touches.py` from the contract of commands: `python -m vcp_testkit.writing_touches > …/touches.py`,
then `ruff format`.

Not imported by anything that runs; a test holds the written file against the contract.
"""

import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo
from vcp_contracts import commands, configuration, values
from vcp_contracts.commands import AnyCommand, Command, Provision, Retire
from vcp_contracts.words import Word

BESIDE = (Provision, Retire)
"""What has a word of its own in the clients."""

HEAD = '''"""What can be done to a charge point, a method a command. Written by `writing_touches`: change that.

Fields mean what they mean in `vcp_contracts.commands`. Each method gives the command's result, and raises Problem
where the charge point refuses; with `wait_s` 0 the command is only given.
"""
'''


def main() -> None:
    """Prints the module."""
    print(text())


def text() -> str:
    """The module, not yet formatted."""
    named = _Names()
    body = list(_class(named))
    return "\n".join([HEAD, *named.imports(), "", *body])


def touches() -> list[type[Command]]:
    """The commands that have a method, in the contract's order."""
    return [one for one in get_args(get_args(AnyCommand)[0]) if one not in BESIDE]


def _class(named: "_Names") -> Iterator[str]:
    yield 'Result = TypeVar("Result")'
    yield "class Touches(Generic[Result]):"
    yield '    """The touches of a charge point. `Result`: the document that tells how it went, or a promise of it."""'
    yield "    def touch(self, verb: str, fields: Mapping[str, object], wait_s: float) -> Result:"
    yield '        """Gives one command; fields that are None are left out."""'
    yield "        raise NotImplementedError"
    for command in touches():
        yield from _method(command, named)


def _method(command: type[Command], named: "_Names") -> Iterator[str]:
    name = str(command.model_fields["type"].default)
    fields = {key: info for key, info in command.model_fields.items() if key not in Word.model_fields}
    del fields["type"]
    needed = [f"{key}: {named.of(info.annotation)}" for key, info in fields.items() if info.is_required()]
    spare = [_spare(key, info, named) for key, info in fields.items() if not info.is_required()]
    parameters = ", ".join(["self", *needed, *spare, "*", "wait_s: float = WAIT_S"])
    yield f"    def {name}({parameters}) -> Result:"
    lines = (inspect.getdoc(command) or "").splitlines()
    first, *rest = lines
    told = [f'        """{first}', *(f"        {line}" if line else "" for line in rest)]
    yield from [*told[:-1], f'{told[-1]}"""']
    given = ", ".join(f'"{key}": {key}' for key in fields)
    yield "        __tracebackhide__ = True"
    yield f'        return self.touch("{name.replace("_", "-")}", {{{given}}}, wait_s)'


def _spare(key: str, info: FieldInfo, named: "_Names") -> str:
    kind = named.of(info.annotation)
    if info.default_factory is None:
        return f"{key}: {kind} = {info.default!r}"
    # what a factory makes is what the API takes for a field that is left out
    return f"{key}: {kind} | None = None"


class _Names:
    """The names of types, and where they come from."""

    def __init__(self) -> None:
        self._from: dict[str, set[str]] = {}

    def imports(self) -> Iterator[str]:
        yield "from collections.abc import Mapping, Sequence"
        yield "from datetime import datetime"
        yield from ("from typing import Generic, Literal, TypeVar", "")
        for module, names in sorted(self._from.items()):
            yield f"from {module} import {', '.join(sorted(names))}"
        yield from ("", "from vcp_testkit.control_api import WAIT_S")

    def of(self, kind: Any) -> str:
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return "datetime" if inner[0].__name__ == "datetime" else self.of(inner[0])
        if origin in (Union, types.UnionType):
            return " | ".join(dict.fromkeys(self.of(one) for one in inner))
        if origin is Literal:
            return self._literal(kind)
        if origin is tuple:
            return f"Sequence[{self.of(inner[0])}]"
        if origin is dict:
            return f"Mapping[{self.of(inner[0])}, {self.of(inner[1])}]"
        if kind is JsonValue:
            return "object"
        if kind in (None, type(None)):
            return "None"
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return f"{self._known(kind.__module__, kind.__name__)} | Mapping[str, object]"
        return (
            {"AwareDatetime": "datetime"}.get(kind.__name__, kind.__name__)
            if isinstance(kind, type)
            else "object"
        )

    def _literal(self, kind: Any) -> str:
        for module in (values, commands, configuration):
            for name, value in vars(module).items():
                if value == kind and get_origin(value) is Literal:
                    return self._known(value_module(name), name)
        return f"Literal[{', '.join(repr(one) for one in get_args(kind))}]"

    def _known(self, module: str, name: str) -> str:
        self._from.setdefault(module, set()).add(name)
        return name


def value_module(name: str) -> str:
    """Where a type of the contract's is at home: commands and configuration borrow those of `values`."""
    return next(one.__name__ for one in (values, commands, configuration) if name in vars(one))


if __name__ == "__main__":
    main()
