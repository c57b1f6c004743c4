"""Altegio's side: a day's webhooks, repeated and out of order, posted until every one was answered with 200.

A delivery is tried three times as Altegio does it; what was refused even then is posted again later, so that at the end
everything in the books was accepted and all of it is due.
"""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from dev.demo.waiting import wait_until
from dev.simulator.altegio.bodies import Body, Envelope
from dev.simulator.altegio.sender import Sender

THREADS = 6
# How far a delivery may overtake its neighbours, in deliveries.
DISORDER = 40
REPEATED = 0.2
PER_SECOND = 25.0
AT_ONCE = 20


def disturb(envelopes: Sequence[Envelope], rng: random.Random) -> list[Envelope]:
    """A fifth is delivered twice, and all of them overtake each other."""
    places = [(number + rng.uniform(0, DISORDER), envelope) for number, envelope in enumerate(envelopes)]
    places += [(place + rng.uniform(0, 3 * DISORDER), one) for place, one in places if rng.random() < REPEATED]
    return [envelope for _, envelope in sorted(places, key=lambda entry: entry[0])]


def find_number(envelope: Envelope) -> str | None:
    """The number of the receipt this delivery belongs to; None when no receipt could depend on it."""
    data, resource, status = envelope["data"], envelope["resource"], envelope["status"]
    if resource == "record" and status == "update" and _is_paid(data):
        return f"altegio_{envelope['resource_id']}"
    if resource == "finances_operation" and status == "create" and data["record_id"]:
        return f"altegio_{data['record_id']}"
    if resource == "goods_operations_sale" and status == "create" and not data["record_id"]:
        return f"altegio_goods_{data['document_id']}"
    return None


def _is_paid(data: Body) -> bool:
    """Altegio writes the flag as a number, a boolean or a text."""
    return str(data.get("paid_full")) in {"1", "True"}


def _name(envelope: Envelope) -> str:
    return (
        f"{envelope['resource']} {envelope['resource_id']} {envelope['status']} {envelope['data'].get('last_change_date')}"
    )


@dataclass
class Poster:
    """`release` lets more deliveries go; they leave at a limited pace, also while everything is broken."""

    url: str
    deliveries: deque[Envelope]
    total: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    # When the last delivery that a receipt needs was first answered with 200: the receipt is due from then on.
    accepted_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.total = len(self.deliveries)
        self.accepted = 0
        self._needed: dict[str, set[str]] = {}
        for envelope in self.deliveries:
            if number := find_number(envelope):
                self._needed.setdefault(number, set()).add(_name(envelope))
        self._allowed = 0
        self._lock = threading.Lock()
        self._next_at = 0.0
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    @property
    def left(self) -> int:
        return self.total - self.accepted

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
        wait_until(lambda: self.left == 0, timeout=timeout, what="all deliveries to be accepted")

    def post_at_once(self) -> None:
        """The next delivery that makes a receipt due, twenty times in one moment."""
        envelope = self._take_due()
        if envelope is None:
            return
        start = threading.Barrier(AT_ONCE)

        def post() -> bool:
            start.wait()
            return self._send(Sender(self.url), envelope)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            posts = [pool.submit(post) for _ in range(AT_ONCE)]
        self._settle(envelope, accepted=any(one.result() for one in posts))

    def _run(self) -> None:
        sender = Sender(self.url, self._pause)
        while not self._ending.is_set():
            envelope = self._take()
            if envelope is None:
                self._ending.wait(0.05)
            else:
                self._settle(envelope, accepted=self._send(sender, envelope))
        sender.close()

    def _pause(self, seconds: float) -> None:
        self._ending.wait(seconds)

    def _take(self) -> Envelope | None:
        with self._lock:
            if not self.deliveries or self._allowed <= 0 or time.monotonic() < self._next_at:
                return None
            self._next_at = time.monotonic() + 1 / PER_SECOND
            self._allowed -= 1
            return self.deliveries.popleft()

    def _take_due(self) -> Envelope | None:
        with self._lock:
            for envelope in self.deliveries:
                if find_number(envelope):
                    self.deliveries.remove(envelope)
                    return envelope
        return None

    def _send(self, sender: Sender, envelope: Envelope) -> bool:
        outcome = sender.send(envelope)
        with self._lock:
            self.answers[str(outcome.status or "no answer")] += 1
        return outcome.status == 200

    def _settle(self, envelope: Envelope, *, accepted: bool) -> None:
        number = find_number(envelope)
        with self._lock:
            if not accepted:
                # Altegio would have given up; somebody presses "send again" later.
                self.deliveries.append(envelope)
                self._allowed += 1
                return
            self.accepted += 1
            if number:
                self._needed[number].discard(_name(envelope))
            if number and not self._needed[number]:
                self.accepted_at.setdefault(number, time.monotonic())
