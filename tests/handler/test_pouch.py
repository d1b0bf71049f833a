"""What waits for the next commit: kept in order, bounded, put back where a commit did not happen."""

from handler.linked import START
from vcp_contracts import streams
from vcp_contracts.link import LinkUp
from vcp_handler import pouch as subject
from vcp_handler.pouch import PARCEL, Pouch
from vcp_plumbing.batch import Batch


def up(n: int) -> LinkUp:
    return LinkUp(id=f"f{n}", charge_point="CP1", at=START, link="h.1", n=n, order=1, subprotocol="ocpp1.6")


def a_pouch() -> Pouch:
    return Pouch(lambda: None)


def test_everything_goes_to_its_stream() -> None:
    pouch = a_pouch()
    pouch.fact(up(0))
    pouch.event(up(1))
    pouch.frame("CP1", b"{}")
    pouch.bury(b"{}")
    batch = Batch(3, meta="m", reads="r", number=1)
    pouch.parcel().put_into(batch, frames_kept=10, events_kept=100)
    for key in (streams.inbox(3), streams.events(3), streams.frames(3, "CP1"), streams.dead(3)):
        assert batch.words.count(key) == 1
    assert pouch.empty


def test_what_was_not_committed_comes_first_again() -> None:
    pouch = a_pouch()
    pouch.fact(up(0))
    pouch.fact(up(1))
    parcel = pouch.parcel()
    pouch.fact(up(2))
    pouch.put_back(parcel)
    assert [b'"n":%d' % n in fact for n, fact in enumerate(pouch.parcel().facts)] == [True] * 3


def test_a_parcel_is_no_larger_than_a_commit_should_be() -> None:
    pouch = a_pouch()
    for n in range(PARCEL + 1):
        pouch.fact(up(n))
    assert len(pouch.parcel().facts) == PARCEL
    assert len(pouch.parcel().facts) == 1
    assert not pouch.parcel()


def test_frames_beyond_the_bound_are_dropped_and_counted() -> None:
    pouch = a_pouch()
    for _ in range(subject.MOST_FRAMES + 2):
        pouch.frame("CP1", b"{}")
    assert pouch.dropped == 2


def test_facts_are_never_dropped_but_their_number_is_told() -> None:
    pouch = a_pouch()
    fact = up(0)
    for _ in range(subject.MOST_FACTS + 1):
        pouch.fact(fact)
    assert pouch.overfull


def test_whoever_commits_is_woken() -> None:
    woken: list[bool] = []
    pouch = Pouch(lambda: woken.append(True))
    pouch.fact(up(0))
    assert woken == [True]
