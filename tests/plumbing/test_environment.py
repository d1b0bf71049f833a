from pathlib import Path

import pytest
from vcp_plumbing.environment import Environment, WrongSetting


def test_without_any_variable_the_defaults_hold():
    told = Environment.read("handler", {})
    assert (told.redis_url, told.partitions, told.keep_input) == ("redis://127.0.0.1:6379/0", 16, False)
    assert (told.health_port, told.frames_kept, told.events_kept) == (0, 1_000, 100_000)
    assert told.keys is None
    assert told.api_token is None


def test_each_start_gets_another_owner_name_that_begins_with_the_service():
    first, second = Environment.read("handler", {}), Environment.read("handler", {})
    assert first.owner.startswith("handler-")
    assert len(first.owner) == len("handler-12345678")
    assert first.owner != second.owner


def test_given_values_are_read():
    told = Environment.read(
        "abstraction",
        {
            "VCP_PARTITIONS": "4",
            "VCP_OWNER": "a1",
            "VCP_KEEP_INPUT": "true",
            "VCP_KEYS": "k",
            "VCP_LOG_LEVEL": "DEBUG",
        },
    )
    assert (told.partitions, told.owner, told.keep_input, told.log_level) == (4, "a1", True, "debug")
    assert told.keys == Path("k")


def test_an_empty_variable_counts_as_absent():
    assert Environment.read("handler", {"VCP_PARTITIONS": "", "REDIS_URL": ""}).partitions == 16


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VCP_PARTITIONS", "many"),
        ("VCP_PARTITIONS", "0"),
        ("VCP_HEALTH_PORT", "70000"),
        ("VCP_LOG_FORMAT", "xml"),
        ("VCP_KEEP_INPUT", "perhaps"),
        ("VCP_OWNER", "a name"),
        ("VCP_API_TOKEN", "short"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "unix://"),
    ],
)
def test_a_wrong_value_names_the_variable_the_rule_and_the_remedy(variable: str, value: str):
    with pytest.raises(WrongSetting) as wrong:
        Environment.read("handler", {variable: value})
    assert wrong.value.variable == variable
    assert wrong.value.rule
    assert str(wrong.value).startswith(f"{variable} is wrong: ")
    assert wrong.value.remedy in str(wrong.value)


def test_passwords_are_neither_in_the_masked_url_nor_in_the_repr():
    told = Environment.read("handler", {"REDIS_URL": "rediss://me:s3cret@h:1/2?password=s3cret&db=1"})
    assert told.redis_url_masked == "rediss://me:***@h:1/2?password=***&db=1"
    assert "s3cret" not in repr(told)


def test_a_url_without_a_password_stays_as_it_is():
    assert Environment.read("handler", {}).redis_url_masked == "redis://127.0.0.1:6379/0"
