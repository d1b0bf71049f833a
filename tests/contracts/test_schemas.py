"""The schema files say what the words are; every word survives its way over JSON; yesterday's words are still words."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from contracts.any_word import any_of, members, word_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from vcp_contracts.commands import AnyCommand, Command
from vcp_contracts.events import AnyEvent
from vcp_contracts.letters import ToAbstraction, ToChores, ToHandler, any_command, to_abstraction
from vcp_contracts.schemas import DIRECTORY, DOCUMENTS, documents, schema, schemas_with_shared_parts, write

SAMPLES = Path(__file__).parent / "samples"
REMEDY = "run `python -m vcp_contracts.schemas` and commit contracts/schemas"

UNIONS = {
    "commands": AnyCommand,
    "to_abstraction": ToAbstraction,
    "to_chores": ToChores,
    "to_handler": ToHandler,
    "events": AnyEvent,
}
EVERY_WORD = sorted(
    {kind for union in UNIONS.values() for kind in members(union)},
    # two words share a name: the module settles their order, which parallel runs must agree on
    key=lambda k: (k.__qualname__, k.__module__),
)


def samples(name: str) -> list[dict[str, Any]]:
    """What was once sent, word for word; kept for ever."""
    kept: list[dict[str, Any]] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return kept


SCHEMAS = {name: schema(name) for name in DOCUMENTS}
VALIDATORS = {name: jsonschema_rs.validator_for(made) for name, made in SCHEMAS.items()}
EVERY_SAMPLE = [
    pytest.param(name, sample, id=f"{name}-{n}-{sample.get('type', '')}")
    for name in DOCUMENTS
    for n, sample in enumerate(samples(name))
]


def as_sent(name: str, sample: dict[str, Any]) -> dict[str, Any]:
    """A command as its reader sees it: with an id, its own or that of its entry."""
    return {"id": "1-0"} | sample if name == "commands" else sample


# --- the files -------------------------------------------------------------------------------------------------------


def test_the_files_are_up_to_date() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in DIRECTORY.glob("*.json")}
    made = documents()
    stale = sorted(name for name in kept.keys() | made.keys() if kept.get(name) != made.get(name))
    assert stale == [], f"stale: {REMEDY}"


def test_writing_removes_what_is_stale(tmp_path: Path) -> None:
    (tmp_path / "forgotten.json").write_text("{}")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == documents().keys()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_a_json_schema_that_names_no_host(name: str) -> None:
    made = SCHEMAS[name]
    jsonschema_rs.meta.validate(made)
    assert made["$id"] == f"urn:vcp:schemas:{name}"
    assert "http" not in made["$id"]


def test_a_word_must_say_its_type_but_a_command_may_come_without_id() -> None:
    plug_in = SCHEMAS["commands"]["$defs"]["PlugIn"]
    assert plug_in["required"] == ["charge_point", "type"]
    assert SCHEMAS["events"]["$defs"]["StatusChanged"]["required"] == [
        "charge_point", "coarse", "fine", "id", "place", "type",
    ]  # fmt: skip


def test_the_docstring_under_a_field_is_its_description() -> None:
    ready = SCHEMAS["commands"]["$defs"]["SetEv"]["properties"]["ready"]
    assert ready["description"] == "False: the EV is connected but takes no energy."


def test_two_words_of_one_name_stay_two_words_where_documents_share_their_parts() -> None:
    made, parts = schemas_with_shared_parts(["to_abstraction", "to_handler"], "#/parts/{model}")
    wanted = [name for name in parts if "PassData" in name]
    assert len(wanted) == 2
    from_us = next(r["$ref"] for r in made["to_handler"]["oneOf"] if "PassData" in r["$ref"])
    from_backend = next(r["$ref"] for r in made["to_abstraction"]["oneOf"] if "PassData" in r["$ref"])
    assert "request" not in parts[from_us.removeprefix("#/parts/")]["properties"]
    assert "message_id" in parts[from_backend.removeprefix("#/parts/")]["properties"]


# --- what was once a word --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "sample"), EVERY_SAMPLE)
def test_an_old_sample_is_still_understood_by_the_contracts(name: str, sample: dict[str, Any]) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(DOCUMENTS[name][0])
    word = adapter.validate_python(as_sent(name, sample), strict=False)
    again = adapter.validate_json(adapter.dump_json(word))
    assert again == word
    assert_nothing_is_lost(sample, json.loads(adapter.dump_json(word)))


@pytest.mark.parametrize(("name", "sample"), EVERY_SAMPLE)
def test_an_old_sample_is_still_valid_by_the_schema(name: str, sample: dict[str, Any]) -> None:
    VALIDATORS[name].validate(sample)


@pytest.mark.parametrize("sample", samples("commands"), ids=lambda s: s["type"])
def test_a_command_may_lie_in_a_partitions_input(sample: dict[str, Any]) -> None:
    VALIDATORS["to_abstraction"].validate(sample)
    assert to_abstraction.validate_python(as_sent("commands", sample)).type == sample["type"]


@pytest.mark.parametrize("name", ["commands", "to_handler", "events"])
def test_every_word_has_a_sample(name: str) -> None:
    there = {sample["type"] for sample in samples(name)}
    assert {word_type(kind) for kind in members(UNIONS[name])} == there, f"add one to samples/{name}.json"


def test_every_word_for_the_abstraction_has_a_sample() -> None:
    there = {sample["type"] for name in ("commands", "to_abstraction") for sample in samples(name)}
    assert {word_type(kind) for kind in members(ToAbstraction)} == there, (
        "add one to samples/to_abstraction.json"
    )


def assert_nothing_is_lost(sample: Any, read: Any, at: str = "") -> None:
    """Every value of the sample came through, under its name."""
    if isinstance(sample, dict):
        assert isinstance(read, dict), at
        for key, value in sample.items():
            assert_nothing_is_lost(value, read.get(key), f"{at}.{key}")
    elif isinstance(sample, list):
        assert sorted(map(str, sample)) == sorted(map(str, read)) or len(sample) == len(read), at
    else:
        assert read == sample, at


# --- any word --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVERY_WORD, ids=lambda k: f"{k.__module__.rsplit('.', 1)[-1]}.{k.__name__}")
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_word_survives_json_and_obeys_its_schema(kind: type[BaseModel], data: st.DataObject) -> None:
    word = data.draw(any_of(kind))
    text = word.model_dump_json()
    assert kind.model_validate_json(text) == word
    VALIDATORS[HOME[kind]].validate(json.loads(text))
    assert kind.model_validate_json(word.model_dump_json(exclude_none=True)) == word


HOME = {kind: name for name, union in UNIONS.items() for kind in members(union)}
"""The document that describes a word."""


# --- strictness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", members(AnyCommand), ids=lambda k: k.__name__)
def test_a_command_refuses_an_unknown_field_and_names_it(kind: type[Command]) -> None:
    sample = next(s for s in samples("commands") if s["type"] == word_type(kind))
    with pytest.raises(ValidationError) as refused:
        any_command.validate_python({"id": "1-0", **sample, "evze": 1})
    [error] = refused.value.errors()
    assert (error["type"], error["loc"]) == ("extra_forbidden", (sample["type"], "evze"))
    assert not VALIDATORS["commands"].is_valid({**sample, "evze": 1})


def test_a_configuration_refuses_an_unknown_field_deep_inside_and_names_it() -> None:
    command = {
        "type": "provision",
        "id": "1-0",
        "charge_point": "CP001",
        "configuration": {"evses": [{"connectors": [{"colour": "red"}]}]},
    }
    with pytest.raises(ValidationError) as refused:
        any_command.validate_python(command)
    first = refused.value.errors()[0]
    assert first["type"] == "extra_forbidden"
    assert first["loc"] == ("provision", "configuration", "evses", 0, "connectors", 0, "colour")


@pytest.mark.parametrize("kind", members(AnyEvent), ids=lambda k: k.__name__)
def test_a_reader_of_events_ignores_fields_that_it_does_not_know_yet(kind: type[BaseModel]) -> None:
    sample = next(s for s in samples("events") if s["type"] == word_type(kind))
    later = kind.model_validate({**sample, "invented_later": 1})
    assert later == kind.model_validate(sample)
    VALIDATORS["events"].validate({**sample, "invented_later": 1})


def test_no_word_has_a_field_called_data() -> None:
    # stream readers of some frameworks take a message with a top-level `data` for an envelope of their own
    assert [kind.__name__ for kind in EVERY_WORD if "data" in kind.model_fields] == []
