"""What a fault may touch, and what it reports. The two lists of faults are in `machine_faults` and `webkassa_faults`."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dev.chaos.monitor import Monitor
from dev.chaos.poster import Poster
from dev.harness.world import World

# Of a call that a fault waits for; with nothing to issue there is none.
HIT_SECONDS = 20.0


@dataclass
class Trouble:
    """The run as faults see it."""

    world: World
    poster: Poster
    monitor: Monitor
    lease_seconds: int
    read_timeout: float
    # Without those that may exist or not, for which nobody waits.
    due: frozenset[str]
    # Held by a fault that needs its order at the simulator to stay, or clears all orders.
    orders: threading.Lock = field(default_factory=threading.Lock)
    late_overlaps: int = 0

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
