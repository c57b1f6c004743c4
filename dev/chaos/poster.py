"""Altegio's side: a day's webhooks, repeated and out of order, posted until every one was answered with 200.

A delivery is tried three times as Altegio does it; what was refused even then is posted again later, so that at the end
everything in the books was accepted and all of it is due.
"""

import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from dev.demo.waiting import wait_until
from dev.harness.posting import Postman, describe, find_number
from dev.simulator.altegio.bodies import Envelope, stamp

THREADS = 6
# How far a delivery may overtake its neighbours, in deliveries.
DISORDER = 40
REPEATED = 0.2
PER_SECOND = 25.0
# Of paid visits: told once more, changed, while the first may just be having its outcome saved.
TOLD_ANEW, ANEW_WITHIN_SECONDS = 0.3, 0.8
AT_ONCE = 20


def disturb(envelopes: Sequence[Envelope], rng: random.Random) -> list[Envelope]:
    """A fifth is delivered twice, a third of the paid visits is told anew, and all of them overtake each other."""
    places = [(number + rng.uniform(0, DISORDER), envelope) for number, envelope in enumerate(envelopes)]
    anew = [(place, told) for place, one in places if rng.random() < TOLD_ANEW and (told := _tell_anew(one))]
    places += [(place + rng.uniform(0, ANEW_WITHIN_SECONDS * PER_SECOND), told) for place, told in anew]
    places += [(place + rng.uniform(0, 3 * DISORDER), one) for place, one in places if rng.random() < REPEATED]
    return [envelope for _, envelope in sorted(places, key=lambda entry: entry[0])]


def find_due(envelope: Envelope) -> str | None:
    """The number of the receipt that this delivery makes due; None when no receipt could depend on it."""
    data, resource, status = envelope["data"], envelope["resource"], envelope["status"]
    # Altegio writes the flag as a number, a boolean or a text.
    is_paid = resource == "record" and status == "update" and str(data.get("paid_full")) in {"1", "True"}
    is_payment = resource == "finances_operation" and status == "create" and bool(data["record_id"])
    is_sold = resource == "goods_operations_sale" and status == "create" and not data["record_id"]
    return find_number(envelope) if is_paid or is_payment or is_sold else None


def _tell_anew(envelope: Envelope) -> Envelope | None:
    """A later change of a paid visit that changes nothing; None of anything else."""
    if envelope["resource"] != "record" or find_due(envelope) is None:
        return None
    changed_at = datetime.fromisoformat(envelope["data"]["last_change_date"]) + timedelta(seconds=1)
    return {**envelope, "data": {**envelope["data"], "last_change_date": stamp(changed_at)}}


def _name(envelope: Envelope) -> str:
    return f"{describe(envelope)} {envelope['data'].get('last_change_date')}"


class Poster:
    """`release` lets more deliveries go; they leave at a limited pace, also while everything is broken."""

    def __init__(self, url: str, deliveries: Sequence[Envelope], happen: Callable[[Envelope], None] | None = None) -> None:
        """`happen` makes what a delivery tells of true in Altegio, before it leaves."""
        self._happen = happen or (lambda _: None)
        self.total, self.accepted = len(deliveries), 0
        # When the last delivery that a receipt needs was first answered with 200: the receipt is due from then on.
        self.accepted_at: dict[str, float] = {}
        self._deliveries = deque(deliveries)
        self._needed: defaultdict[str, set[str]] = defaultdict(set)
        for envelope in deliveries:
            if number := find_due(envelope):
                self._needed[number].add(_name(envelope))
        self._allowed, self._next_at = 0, 0.0
        self._lock, self._ending = threading.Lock(), threading.Event()
        self.postman = Postman(url, self._pause)
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def release(self, count: int) -> None:
        with self._lock:
            self._allowed += count

    def finish(self, timeout: float) -> None:
        """Raises WaitTimeout when something is still refused."""
        self.release(self.total)
        wait_until(lambda: self.accepted == self.total, timeout=timeout, what="all deliveries to be accepted")

    def post_at_once(self) -> None:
        """The next delivery that makes a receipt due, twenty times in one moment."""
        with self._lock:
            envelope = next(filter(find_due, self._deliveries), None)
            if envelope is None:
                return
            self._deliveries.remove(envelope)
        self._happen(envelope)
        start = threading.Barrier(AT_ONCE)

        def post() -> bool:
            start.wait()
            return self.postman.send(envelope).status == 200

        with ThreadPoolExecutor(AT_ONCE) as pool:
            posts = [pool.submit(post) for _ in range(AT_ONCE)]
        self._settle(envelope, accepted=any(one.result() for one in posts))

    def _run(self) -> None:
        while not self._ending.is_set():
            envelope = self._take()
            if envelope is None:
                self._ending.wait(0.05)
            else:
                self._happen(envelope)
                self._settle(envelope, accepted=self.postman.send(envelope).status == 200)

    def _pause(self, seconds: float) -> None:
        self._ending.wait(seconds)

    def _take(self) -> Envelope | None:
        with self._lock:
            if not self._deliveries or self._allowed <= 0 or time.monotonic() < self._next_at:
                return None
            self._next_at = time.monotonic() + 1 / PER_SECOND
            self._allowed -= 1
            return self._deliveries.popleft()

    def _settle(self, envelope: Envelope, *, accepted: bool) -> None:
        number = find_due(envelope)
        with self._lock:
            if not accepted:
                # Altegio would have given up; somebody presses "send again" later.
                self._deliveries.append(envelope)
                self._allowed += 1
                return
            self.accepted += 1
            if number:
                self._needed[number].discard(_name(envelope))
            if number and not self._needed[number]:
                self.accepted_at.setdefault(number, time.monotonic())


class Posting:
    """A part of a day, let go evenly over some seconds, however long whoever asks for it was busy with something else."""

    def __init__(self, poster: Poster, part: float, seconds: float) -> None:
        self._poster, self._count, self._seconds = poster, poster.total * part, seconds
        self._began_at, self._released = time.monotonic(), 0

    @property
    def goes_on(self) -> bool:
        """Says whether its time is not over yet."""
        return time.monotonic() < self._began_at + self._seconds

    def release(self) -> None:
        """Lets go what is due by now."""
        passed = min(1.0, (time.monotonic() - self._began_at) / self._seconds)
        due = int(self._count * passed) - self._released
        self._released += due
        self._poster.release(due)
