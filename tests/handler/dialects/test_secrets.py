"""Masks over secret fields."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vcp_contracts.requests import Sealed
from vcp_handler.dialects.secrets import MASK, Secret, masked, sealed

ALWAYS = Secret(path=("certificate", "key"))
BY_NAME = Secret(path=("value",), when=("key",), among=frozenset({"password"}))
ADDRESS = Secret(path=("firmware", "location"), within="url")
EACH = Secret(each="items", path=("value",), when=("name", "of"), among=frozenset({"password"}))


def test_a_field_that_is_always_secret_is_masked() -> None:
    payload = {"certificate": {"key": "0x1", "serial": 7}, "id": 1}
    assert masked(payload, [ALWAYS]) == {"certificate": {"key": MASK, "serial": 7}, "id": 1}
    assert payload["certificate"] == {"key": "0x1", "serial": 7}


def test_the_name_beside_it_decides_without_case() -> None:
    assert masked({"key": "PASSword", "value": "x"}, [BY_NAME]) == {"key": "PASSword", "value": MASK}
    assert masked({"key": "Colour", "value": "x"}, [BY_NAME]) == {"key": "Colour", "value": "x"}


def test_each_item_of_a_list_is_looked_at_on_its_own() -> None:
    payload = {"items": [{"name": {"of": "password"}, "value": "x"}, {"name": {"of": "a"}, "value": "y"}]}
    assert masked(payload, [EACH]) == {
        "items": [{"name": {"of": "password"}, "value": MASK}, {"name": {"of": "a"}, "value": "y"}]
    }


@pytest.mark.parametrize(
    "payload", [None, 7, "x", [], {}, {"items": 3}, {"items": [3, None]}, {"certificate": "x"}]
)
def test_what_has_no_secret_is_left_alone(payload: object) -> None:
    assert masked(payload, [ALWAYS, BY_NAME, EACH]) == payload


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ftp://user:s3cret@files.example:2121/in/", "ftp://user:***@files.example:2121/in/"),
        ("https://user:p%40ss@files.example/a@b", "https://user:***@files.example/a@b"),
        ("ftp://user@files.example/in/", "ftp://user@files.example/in/"),
        ("https://files.example/a@b", "https://files.example/a@b"),
        ("user:s3cret@files.example", MASK),
        ("http://[user:s3cret@x", MASK),
        (7, 7),
    ],
)
def test_only_the_password_of_an_address_is_secret(address: object, shown: object) -> None:
    assert masked({"firmware": {"location": address}}, [ADDRESS]) == {"firmware": {"location": shown}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["items", "value", "key", "name", "of", "certificate"]), inner)
    ),
    max_leaves=12,
)


@settings(derandomize=True)
@given(JSON)
def test_no_json_breaks_the_mask(payload: object) -> None:
    masked(payload, [ALWAYS, BY_NAME, EACH])


def test_what_is_to_be_sealed_leaves_the_payload_and_nothing_else_does() -> None:
    note = Sealed(label="CP1#0", length=6, form="identifier")
    kept: list[str] = []

    def seal(secret: str) -> Sealed:
        kept.append(secret)
        return note

    among = frozenset({"password"})
    password = Secret(path=("value",), when=("key",), among=among, seal=True)
    payload = {"key": "Password", "value": "sesame"}
    assert sealed(payload, [password], seal) == {"key": "Password", "value": note}
    assert sealed({"key": "other", "value": "x"}, [password], seal) == {"key": "other", "value": "x"}
    assert sealed(payload, [Secret(path=("value",))], seal) == payload
    assert kept == ["sesame"]
