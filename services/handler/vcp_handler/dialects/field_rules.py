"""The page about what only the text of OCPP says of a backend's fields, made from the tables. Prints docs/field-rules.md:

python -m vcp_handler.dialects.field_rules > docs/field-rules.md
"""

from collections.abc import Iterator

from vcp_handler.dialects import DIALECTS
from vcp_handler.dialects.table import Dialect, FieldRule

_INTRODUCTION = """\
# Field rules: what the text says of a field and the schema does not

A backend's message may satisfy the JSON schema of its version and still break the specification: a connector 0 where
none is meant, a profile that names a transaction which can't exist yet. These rules are held against every call of the
backend's and every answer to the charger's. What breaks one is a violation (`call_field_rule`, `answer_field_rule`; where
it is only advice `call_field_advice`, `answer_field_advice`), and its finding has the clause below. The refusal is the
charger's: it answers as a charge point does, by the message's own words, e.g. `Rejected`.

**must**: the text has SHALL, MUST or REQUIRED, or gives the range as the field's type or cardinality. **should**: it
recommends, or describes the field so that the value has no meaning. What depends on the charger's settings or state
(how many items a message may have, whether a transaction is known) the charger judges itself.

Is a rule missing, or wrong? It is one row in `dialects/ocpp16/field_rules.py` or
`dialects/ocpp201/field_rules.py`, and two frames in its test: one that breaks it, and a neighbour that does not.

Made from the dialects' tables by `python -m vcp_handler.dialects.field_rules`; a test holds it against them."""


def page() -> str:
    """The whole page."""
    return "\n\n".join([_INTRODUCTION, *(_chapter(dialect) for dialect in DIALECTS.values())]) + "\n"


def _chapter(dialect: Dialect) -> str:
    return "\n".join(
        [
            f"## {dialect.subprotocol}",
            "",
            *_table("Backend's call", dialect.call_rules),
            "",
            *_table("Answer to", dialect.answer_rules),
        ]
    )


def _table(title: str, rules: tuple[FieldRule, ...]) -> Iterator[str]:
    yield f"| {title} | field | weight | the field … | clause |"
    yield "|---|---|---|---|---|"
    for it in rules:
        yield f"| {it.action} | `{it.field}` | {it.weight} | {it.rule} | {it.clause} |"


if __name__ == "__main__":
    print(page(), end="")
