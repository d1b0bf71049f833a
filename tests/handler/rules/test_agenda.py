"""What is to be done later."""

from vcp_handler.rules.agenda import Agenda


def test_what_is_due_is_done_in_order_and_once() -> None:
    done: list[str] = []
    agenda = Agenda()
    for at, what in ((2.0, "c"), (1.0, "a"), (1.0, "b"), (3.0, "d")):
        agenda.put(at, lambda what=what: done.append(what))  # type: ignore[misc]
    assert agenda.next_due() == 1.0
    agenda.tick(2.0)
    agenda.tick(2.0)
    assert done == ["a", "b", "c"]
    assert agenda.next_due() == 3.0


def test_what_is_called_off_is_not_done_and_leaves_nothing_behind() -> None:
    agenda = Agenda()
    for number in range(1_000):
        agenda.call_off(agenda.put(float(number), lambda: None))
    agenda.call_off(77)
    assert agenda.next_due() is None
    agenda.tick(2_000.0)
    assert len(agenda._due) <= 64


def test_what_is_done_may_put_down_more() -> None:
    done: list[str] = []
    agenda = Agenda()
    agenda.put(1.0, lambda: agenda.put(1.0, lambda: done.append("again")) and None)
    agenda.tick(1.0)
    assert done == ["again"]
