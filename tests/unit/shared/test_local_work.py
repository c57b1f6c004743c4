"""Work a process keeps for itself: in the order of its time, each thing once, no more than fits."""

import threading
import time

from shared.local_work import LocalWork


def drain(work: LocalWork) -> list[tuple[str, tuple[object, ...]]]:
    found = []
    while (item := work.take(0.0)) is not None:
        found.append((item.name, item.args))
    return found


def test_what_is_due_comes_in_the_order_it_was_put() -> None:
    work = LocalWork()
    for number in (3, 1, 2):
        work.put("decide", [number])
    assert drain(work) == [("decide", (3,)), ("decide", (1,)), ("decide", (2,))]


def test_the_same_twice_is_once_and_moved_forward() -> None:
    work = LocalWork()
    work.put("issue", [1], seconds=60)
    work.put("issue", [1])
    work.put("issue", [1])
    assert drain(work) == [("issue", (1,))]
    assert work.take(0.0) is None


def test_what_was_taken_may_be_put_again() -> None:
    work = LocalWork()
    work.put("issue", [1])
    assert drain(work)
    work.put("issue", [1])
    assert drain(work)


def test_one_too_many_is_left_out() -> None:
    work = LocalWork(most=2)
    for number in range(5):
        work.put("decide", [number])
    assert work.room == 0
    assert len(drain(work)) == 2
    assert work.room == 2


def test_what_comes_later_is_waited_for() -> None:
    work = LocalWork()
    work.put("later", [], seconds=0.05)
    assert work.take(0.0) is None
    started = time.monotonic()
    assert work.take(20.0) is not None
    assert time.monotonic() - started >= 0.04


def test_who_waits_is_woken() -> None:
    work = LocalWork()
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(work.take(20.0)))
    waiting.start()
    work.put("decide", [1])
    waiting.join(20)
    assert len(found) == 1
    assert found[0] is not None
