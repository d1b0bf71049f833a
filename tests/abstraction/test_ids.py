"""Ids that chargers give: never one for two things, and short enough for the wire."""

from abstraction.story import NOON
from vcp_abstraction.charger import Charger, Surroundings

ONE_PARTITION = Surroundings(nonce="3e9ba2f38c.12")


def minted(id: str, number: int) -> list[str]:
    charger = Charger(id)
    charger.now, charger.around = NOON, ONE_PARTITION
    return [charger.mint() for _ in range(number)]


def test_two_chargers_under_one_nonce_never_say_the_same_id():
    assert not set(minted("CP001", 100)) & set(minted("CP003", 100))


def test_an_id_fits_the_36_characters_of_a_message_id():
    charger = Charger("C" * 48)
    charger.around = ONE_PARTITION
    charger.facts.ids = 99_999_999
    assert len(charger.mint()) <= 36
