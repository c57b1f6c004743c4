"""One system through its faults: a rate, a fault, a rate, and the end of what is left; then the count of all of it."""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException

from dev.bench.peers.counting import Outcome, Samples, count_doubled, count_lost, find_recovery
from dev.bench.peers.faults import FAULTS, Scene, Step
from dev.bench.peers.offering import Offering
from dev.bench.peers.system import System
from dev.demo.waiting import wait_until
from dev.demo.web import CallFailed
from dev.harness.command import tell

_SAMPLE_SECONDS, _TICK_SECONDS = 0.2, 0.1
_WARM_UP_SECONDS, _SETTLE_SECONDS = 5.0, 2.0
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Pace:
    """Seconds: of each of the two rates, of a fault, and for what is left to be done afterwards; `rate` is a second."""

    rate: float
    seconds: float
    fault_seconds: float
    patience: float


@dataclass(frozen=True, kw_only=True)
class _Passage:
    """What was seen of a fault while it went on. `numbers`: what was offered from its first rate on."""

    fault: str
    numbers: range
    before: float
    after: float
    recovery: float | None
    drained: float | None


def run_system(system: System, faults: Sequence[str], pace: Pace) -> list[Outcome]:
    samples = Samples()
    with Offering(system.make_request) as offering, _sampling(system, samples):
        scene = Scene(system, offering, samples)
        offering.rate = pace.rate
        wait_until(lambda: samples.last > pace.rate, timeout=_START_SECONDS, what=f"{system.name} to work")
        _tend(system, _WARM_UP_SECONDS)
        passages = [_pass(scene, fault, pace) for fault in faults]
        accepted = offering.list_accepted()
    done = system.list_done()
    return [_count(system.name, passage, accepted, done) for passage in passages]


def _pass(scene: Scene, fault: str, pace: Pace) -> _Passage:
    system, samples, first = scene.system, scene.samples, scene.offering.number
    begun = time.monotonic()
    _tend(system, pace.seconds)
    struck = time.monotonic()
    with FAULTS[fault](scene) as step:
        _tend(system, pace.fault_seconds, step)
    removed = time.monotonic()
    _tend(system, pace.seconds)
    ended = time.monotonic()
    numbers = range(first, scene.offering.number)
    drained = _drain(scene, pace)
    before, after = samples.rate(begun, struck), samples.rate(removed, ended)
    tell(f"{system.name}, {fault}: {before:.1f}/s before, {samples.rate(struck, removed):.1f} during, {after:.1f} after")
    recovery = find_recovery(samples, removed, ended, before)
    return _Passage(fault=fault, numbers=numbers, before=before, after=after, recovery=recovery, drained=drained)


def _drain(scene: Scene, pace: Pace) -> float | None:
    """Nothing more comes until everything that was taken is done, or patience ends; then the usual comes again."""
    scene.offering.rate = 0
    begun = time.monotonic()
    while not (is_done := _is_done(scene)) and time.monotonic() < begun + pace.patience:
        _tend(scene.system, _TICK_SECONDS)
    seconds = time.monotonic() - begun
    if not is_done:
        scene.given_up.update(scene.offering.list_accepted().difference(scene.system.list_done()))
    scene.offering.rate = pace.rate
    _tend(scene.system, _SETTLE_SECONDS)
    return seconds if is_done else None


def _is_done(scene: Scene) -> bool:
    if not scene.offering.is_answered:
        return False
    awaited = scene.offering.list_accepted() - scene.given_up
    # The list is long: it is asked for only when it may be whole.
    return scene.samples.last >= len(awaited) and not count_lost(awaited, scene.system.list_done())


def _tend(system: System, seconds: float, step: Step | None = None) -> None:
    """Processes are started here, by the thread that lives on."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if step:
            step()
        system.tend()
        time.sleep(_TICK_SECONDS)


@contextmanager
def _sampling(system: System, samples: Samples) -> Iterator[None]:
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            with suppress(OSError, HTTPException, CallFailed):
                count = system.count_done()
                samples.add(time.monotonic(), count)

    thread = threading.Thread(target=run, name="samples", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _count(system: str, passage: _Passage, accepted: Collection[int], done: Sequence[int]) -> Outcome:
    taken = [number for number in passage.numbers if number in accepted]
    return Outcome(
        fault=passage.fault,
        system=system,
        before=passage.before,
        after=passage.after,
        recovery=passage.recovery,
        drained=passage.drained,
        accepted=len(taken),
        refused=len(passage.numbers) - len(taken),
        lost=count_lost(taken, done),
        doubled=count_doubled(passage.numbers, done),
    )
