"""What a fault may touch, and what it reports. The lists of faults are in `dev.chaos.faults`."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dev.chaos.monitor import Monitor
from dev.chaos.poster import Poster
from dev.chaos.world import ChaosWorld

# Of a call that a fault waits for; with nothing to issue there is none.
HIT_SECONDS = 20.0


@dataclass
class Trouble:
    """The run as faults see it."""

    world: ChaosWorld
    poster: Poster
    monitor: Monitor
    lease_seconds: int
    read_timeout: float
    # Without those that may exist or not, for which nobody waits.
    due: frozenset[str]
    # Held by a fault that needs its order at the simulator to stay, or clears all orders.
    orders: threading.Lock = field(default_factory=threading.Lock)
    late_overlaps: int = 0
    # One of them at a time, or what both excuse would be counted twice.
    _excusing: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def excuse_overlaps(self) -> Iterator[None]:
        """Calls that overlap meanwhile are nobody's fault: they are counted apart."""
        simulator = self.world.simulator
        with self._excusing:
            before = simulator.count_overlaps()
            yield
            self.late_overlaps += simulator.count_overlaps() - before

    def list_waiting(self, since: float) -> set[str]:
        """Receipts due since before that moment which were not issued by then."""
        issued = self.monitor.issued_at
        return {
            number
            for number, accepted_at in self.poster.accepted_at.copy().items()
            if number in self.due and accepted_at <= since and issued.get(number, float("inf")) > since
        }


@dataclass(frozen=True)
class Effect:
    """`ended_at`: from when the bridge could work again. `touched`: the receipts that were hit, or all that waited."""

    ended_at: float
    touched: frozenset[str]


Inject = Callable[[Trouble, random.Random], Effect | None]


@dataclass(frozen=True)
class Fault:
    """`inject` breaks something, repairs it, and returns; None when the run gave it nothing to break."""

    name: str
    inject: Inject
    # A fault of a machine or process hits everything that waits, one of Webkassa the receipts of the calls it hit.
    hits_all: bool


def all_waiting(trouble: Trouble) -> Effect:
    """For faults that end now."""
    now = time.monotonic()
    return Effect(now, frozenset(trouble.list_waiting(now)))


def hurts(name: str, hurt: Callable[[Trouble, random.Random], None]) -> Fault:
    """A fault of a process, a store or a way: whatever waits at its end is followed up."""

    def inject(trouble: Trouble, rng: random.Random) -> Effect:
        hurt(trouble, rng)
        return all_waiting(trouble)

    return Fault(name, inject, hits_all=True)


Act = Callable[[ChaosWorld], None]


def outage(name: str, begin: Act, end: Act, shortest: float, longest: float) -> Fault:
    """An outage has a length, and that is no condition to wait for."""

    def hurt(trouble: Trouble, rng: random.Random) -> None:
        begin(trouble.world)
        time.sleep(rng.uniform(shortest, longest))
        end(trouble.world)

    return hurts(name, hurt)
