"""Lanes of trouble, side by side: they hurt processes, networks and Webkassa. What each fault did is written down.

Recovery of a fault of processes or networks: from its end (everything runs again) until the next of the receipts that waited
is issued.
Recovery of a fault of Webkassa: from the end of the last call it hit until every receipt of those calls is issued.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dev.chaos.trouble import Effect, Fault, Trouble
from dev.harness.command import tell

TRIES = 3


@dataclass
class Injection:
    fault: str
    scope: str
    hits_all: bool
    began_at: float
    effect: Effect
    recovery: float | None = None

    def measure_recovery(self, issued_at: dict[str, float]) -> float | None:
        """Seconds, or None when nothing waited, or some of it is not issued."""
        times = [issued_at.get(number, float("inf")) for number in self.effect.touched]
        if not times:
            return None
        moment = min(times) if self.hits_all else max(times)
        return max(0.0, moment - self.effect.ended_at) if moment != float("inf") else None


@dataclass
class Lane:
    """Injects its faults one after another in a random order; runs in the thread that calls `run`."""

    name: str
    trouble: Trouble
    faults: Sequence[Fault]
    rng: random.Random
    deadline: float
    # Deliveries let go for each fault.
    share: int
    # The next fault does not wait longer for the recovery of the last one.
    patience: float
    # Called over and over; only the lane of the main thread may start processes.
    revive: Callable[[], None] = lambda: None
    injections: list[Injection] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def run(self, scope: str) -> None:
        for fault in self.rng.sample(list(self.faults), len(self.faults)):
            if time.monotonic() > self.deadline:
                self.missed.append(fault.name)
                continue
            if not any(self._inject(fault, scope) for _ in range(TRIES)):
                self.missed.append(fault.name)
            poster, issued = self.trouble.poster, len(self.trouble.monitor.issued_at)
            tell(f"{self.name}: {fault.name}; accepted {poster.accepted}/{poster.total}, issued {issued}")

    def _inject(self, fault: Fault, scope: str) -> bool:
        """False when there was nothing to break: no call came, or another fault was faster."""
        self.revive()
        self.trouble.poster.release(self.share)
        # Faults shall not come in step with the polling of the service.
        time.sleep(self.rng.uniform(0, 1.5))
        began_at = time.monotonic()
        effect = fault.inject(self.trouble, self.rng)
        if effect is None:
            return False
        injection = Injection(fault.name, scope, fault.hits_all, began_at, effect)
        self.injections.append(injection)
        self._await_recovery(injection)
        return True

    def _await_recovery(self, injection: Injection) -> None:
        until = time.monotonic() + self.patience
        issued_at = self.trouble.monitor.issued_at
        while injection.effect.touched and time.monotonic() < until:
            if injection.measure_recovery(issued_at) is not None:
                return
            self.revive()
            time.sleep(0.1)


def run_side_by_side(lanes: Sequence[Lane], scope: str) -> None:
    """The first here, since it starts processes and those end with the thread that started them."""
    problems: list[BaseException] = []

    def run(lane: Lane) -> None:
        try:
            lane.run(scope)
        except BaseException as problem:  # shown by the thread that waits
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(lane,), daemon=True) for lane in lanes[1:]]
    for thread in threads:
        thread.start()
    lanes[0].run(scope)
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
