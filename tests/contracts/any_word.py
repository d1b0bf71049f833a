"""Draws instances of any word, by walking its fields; knows no word by name, except what validators add to the fields."""

from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types as at
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, JsonValue, StringConstraints
from pydantic.fields import FieldInfo
from vcp_contracts.commands import ReleaseFrame, SendRaw
from vcp_contracts.configuration import ChargePointConfiguration, SecurityConfiguration
from vcp_contracts.rules import Edit, FieldTest, Rule

TEXT = st.characters(codec="utf-8", exclude_characters=":")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def members(union: Any) -> tuple[type[BaseModel], ...]:
    """The classes of a discriminated union, `Annotated` or not."""
    found: list[type[BaseModel]] = []
    for part in get_args(union):
        if isinstance(part, type) and issubclass(part, BaseModel):
            found.append(part)
        else:
            found.extend(members(part))
    return tuple(found)


def word_type(kind: type[BaseModel]) -> str:
    """What a word says in its field `type`."""
    return str(kind.model_fields["type"].default)


def any_of(kind: type[BaseModel], **fixed: Any) -> st.SearchStrategy[Any]:
    """Instances of a class, with any values in its fields; a field with a default is sometimes left out."""
    if issubclass(kind, ChargePointConfiguration):
        # a validator: basic authentication needs a url
        fixed = {"url": st.sampled_from(["ws://backend/ocpp", "wss://b:9000"])} | fixed
        fixed["protocols"] = st.permutations(["ocpp1.6", "ocpp2.0.1"]).map(tuple)
    if issubclass(kind, SecurityConfiguration):
        fixed = {"secure_url": st.sampled_from([None, "wss://b:8443/ocpp"])} | fixed
    if kind in ONE_OF:
        return st.sampled_from(ONE_OF[kind]).flatmap(lambda chosen: _drawn(kind, {**fixed, **chosen}))
    return _drawn(kind, fixed)


ONE_OF: dict[type[BaseModel], list[dict[str, Any]]] = {
    FieldTest: [
        {"equals": value, "any_of": None, "matches": None, "present": None}
        for value in (1, "a", {"b": [None]})
    ]
    + [
        {"equals": None, "any_of": (None, "a"), "matches": None, "present": None},
        {"equals": None, "any_of": None, "matches": "^04[0-9A-F]+$", "present": None},
        {"equals": None, "any_of": None, "matches": None, "present": False},
    ],
    Edit: [
        {"merge": {"a": None}, "patch": None},
        {"merge": None, "patch": ({"op": "remove", "path": "/a"},)},
    ],
    Rule: [{"follow": None}],
    ReleaseFrame: [
        {"payload": {"status": "Accepted"}, "text": None, "drop": False},
        {"payload": None, "text": None, "drop": True},
    ],
    SendRaw: [
        {"action": "Heartbeat", "text": None},
        {"action": None, "text": "[3,", "payload": {}, "message_id": None},
    ],
}
"""Choices that validators demand: of some fields exactly one, or at most one."""


def _drawn(kind: type[BaseModel], fixed: dict[str, Any]) -> st.SearchStrategy[Any]:
    needed, optional = {}, {}
    for name, field in kind.model_fields.items():
        part = fixed[name] if name in fixed else _of_field(field)
        if not isinstance(part, st.SearchStrategy):
            part = st.just(part)
        (needed if field.is_required() or name in fixed else optional)[name] = part
    return st.fixed_dictionaries(needed, optional=optional).map(lambda given: kind(**given))


def _of_field(field: FieldInfo) -> st.SearchStrategy[Any]:
    return _of(field.annotation, tuple(field.metadata))


def _of(kind: Any, rules: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    if kind is AwareDatetime:
        return TIMES
    if kind is JsonValue:
        return JSON
    origin, parts = get_origin(kind), get_args(kind)
    if hasattr(kind, "__metadata__"):
        return _of(parts[0], (*rules, *_flat(kind.__metadata__)))
    if origin in (Union, UnionType):
        return st.one_of([_of(part, () if part is NoneType else rules) for part in parts])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (tuple, frozenset):
        least, most = _bound(rules, at.MinLen, 0), _bound(rules, at.MaxLen, 3)
        return st.lists(_of(parts[0]), min_size=least, max_size=min(3, most)).map(origin)
    if origin is dict:
        return st.dictionaries(_of(parts[0]), _of(parts[1]), max_size=2)
    return _plain(kind, rules)


def _plain(kind: Any, rules: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if kind is NoneType:
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is str:
        return _text(rules)
    if kind is int:
        least = _bound(rules, at.Ge, _bound(rules, at.Gt, -1001) + 1)
        return st.integers(least, _bound(rules, at.Le, 100_000))
    if kind is float:
        least = _bound(rules, at.Gt, None)
        return st.floats(
            _bound(rules, at.Ge, -1e6 if least is None else least),
            _bound(rules, at.Le, 1e6),
            exclude_min=least is not None,
        )
    if kind is datetime:
        return TIMES
    if kind is object:
        return JSON
    assert issubclass(kind, BaseModel), f"no way to draw {kind}"
    return any_of(kind)


def _text(rules: tuple[Any, ...]) -> st.SearchStrategy[str]:
    least = _bound(rules, at.MinLen, 0)
    most = _bound(rules, at.MaxLen, 20)
    for rule in rules:
        if isinstance(rule, StringConstraints):
            least = rule.min_length if rule.min_length is not None else least
            most = rule.max_length if rule.max_length is not None else most
    exclude = "".join(map(chr, range(0x20))) + ":\x7f"
    return st.text(
        st.characters(codec="utf-8", exclude_characters=exclude), min_size=least, max_size=min(20, most)
    )


def _bound(rules: tuple[Any, ...], kind: Any, otherwise: Any) -> Any:
    names = {at.Ge: "ge", at.Gt: "gt", at.Le: "le", at.MinLen: "min_length", at.MaxLen: "max_length"}
    for rule in rules:
        if isinstance(rule, kind):
            return getattr(rule, names[kind])
    return otherwise


def _flat(metadata: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        rule for one in metadata for rule in (one.metadata if isinstance(one, FieldInfo) else (one,))
    )
