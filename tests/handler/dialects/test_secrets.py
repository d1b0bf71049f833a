"""Masks over secret fields."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vcp_contracts.requests import Sealed
from vcp_contracts.values import AddressPassword, AddressQuery
from vcp_handler.dialects.secrets import MASK, SealedAddress, Secret, masked, sealed

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
        ("https://b.s3.example/fw?X-Amz-Signature=s3cret&X=1#a", "https://b.s3.example/fw?***#a"),
        ("https://user:s3cret@files.example/a?sig=s3cret", "https://user:***@files.example/a?***"),
        ("https://user@files.example/a?token=s3cret@x", "https://user@files.example/a?***"),
        ("files.example/a?token=s3cret", "files.example/a?***"),
        ("http://[files/a?token=s3cret", MASK),
        ("https://files.example/a?", "https://files.example/a?"),
        ("user:s3cret@files.example", MASK),
        ("http://[user:s3cret@x", MASK),
        (7, 7),
    ],
)
def test_only_the_password_and_the_query_of_an_address_are_secret(address: object, shown: object) -> None:
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

    def seal(secret: str, use: str) -> Sealed:
        kept.append(secret)
        return note

    among = frozenset({"password"})
    password = Secret(path=("value",), when=("key",), among=among, seal="link")
    payload = {"key": "Password", "value": "sesame"}
    assert sealed(payload, [password], seal) == {"key": "Password", "value": note}
    assert sealed({"key": "other", "value": "x"}, [password], seal) == {"key": "other", "value": "x"}
    assert sealed(payload, [Secret(path=("value",))], seal) == payload
    assert kept == ["sesame"]


@pytest.mark.parametrize(
    ("address", "left", "kept"),
    [
        ("ftp://cp:s3cret@files/in/", "ftp://cp@files/in/", "s3cret"),
        ("https://cp:a%40b@files:8/x", "https://cp@files:8/x", "a@b"),
        ("ftp://cp@files/", None, None),
        ("https://files/in", None, None),
    ],
)
def test_the_password_of_an_address_is_sealed_and_its_user_stays(
    address: str, left: str | None, kept: str | None
) -> None:
    secrets: list[tuple[str, str]] = []

    def seal(secret: str, use: str) -> Sealed:
        secrets.append((secret, use))
        return Sealed(label="CP1#log-0", length=len(secret), form="text")

    location = Secret(path=("location",), within="url", seal="log")
    payload = sealed({"location": address}, [location], seal)
    if left is None:
        assert payload == {"location": address}
        assert secrets == []
    else:
        found = SealedAddress(url=left, password=AddressPassword(label="CP1#log-0"))
        assert payload == {"location": found}
        assert secrets == [(kept, "log")]


def test_the_query_of_an_address_is_sealed_as_it_stands_there() -> None:
    secrets: list[str] = []

    def seal(secret: str, use: str) -> Sealed:
        secrets.append(secret)
        return Sealed(label=f"CP1#log-{len(secrets)}", length=len(secret), form="text")

    location = Secret(path=("location",), within="url", seal="log")
    assert sealed({"location": "https://files/in/?sig=a%2Bb&se=1"}, [location], seal)["location"] == (
        SealedAddress(url="https://files/in/", query=AddressQuery(label="CP1#log-1"))
    )
    assert sealed({"location": "https://cp:pa@files/in/?sig=c"}, [location], seal)["location"] == (
        SealedAddress(
            url="https://cp@files/in/",
            password=AddressPassword(label="CP1#log-2"),
            query=AddressQuery(label="CP1#log-3"),
        )
    )
    assert secrets == ["sig=a%2Bb&se=1", "pa", "sig=c"]
    lost = sealed({"location": "https://files/in/?sig=c"}, [location], lambda *_: None)["location"]
    assert lost == SealedAddress(url="https://files/in/", query=AddressQuery(label=None))


def test_a_password_that_can_not_be_kept_or_found_in_an_address_is_gone_all_the_same() -> None:
    location = Secret(path=("location",), within="url", seal="log")
    lost = AddressPassword(label=None)
    assert sealed({"location": "ftp://a:b@c/"}, [location], lambda *_: None)["location"] == SealedAddress(
        url="ftp://a@c/", password=lost
    )
    unreadable = sealed({"location": "ftp://a:b@[c/"}, [location], lambda *_: None)["location"]
    assert unreadable == SealedAddress(url=MASK, password=lost)
