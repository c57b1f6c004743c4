"""What a worker's memory comes to: after bursts of deliveries, and in a mixed time of everything; flat once it is warm."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dev.bench.material.backlog import FIRST_COMPANY, ISSUED, UNDECIDED, add_paid_visits, count
from dev.bench.receipts import send
from dev.bench.world import AT_ONCE, BenchWorld
from dev.demo.processes import read_pss
from dev.demo.waiting import wait_until
from dev.harness.command import tell, work_folder
from dev.harness.posting import Postman
from dev.harness.report import show_table
from dev.simulator.altegio.day import generate_day

BURSTS = 2
SALONS = 10
_BURST_SECONDS, _LOOK_SECONDS, _REST_SECONDS = 3600.0, 1.0, 5.0
# Of all webhooks of the mixed time, and which share of Webkassa's answers is lost meanwhile.
PER_SECOND, LOST = 2.0, 0.05
# Webhooks that a visit of the generator brings, at least.
_WEBHOOKS_OF_VISIT = 5


class Scale:
    """Weighs a process every second. `highest`: since the last time it was asked for."""

    def __init__(self, pid: int) -> None:
        self._pid, self._highest, self._ended = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def weigh(self) -> float:
        """Megabytes now."""
        weight = read_pss(self._pid)
        self._highest = max(self._highest, weight)
        return weight

    def take_highest(self) -> float:
        """And begins anew."""
        highest, self._highest = self._highest, 0.0
        return highest

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.weigh()


def run(burst: int, minutes: float) -> None:
    """Bursts with and without a limit of arenas; the mixed time with it, as everywhere outside this comparison."""
    columns = {"2": _weigh_bursts("2", burst), "none": _weigh_bursts("0", burst)}
    rows = [(what, *(column[what] for column in columns.values())) for what in columns["2"]]
    print(f"A worker of 8 slots, PSS in MB, by MALLOC_ARENA_MAX; {burst} deliveries in each burst\n")
    print(show_table(["", *columns], rows), end="\n\n", flush=True)
    print(f"{minutes:g} mixed minutes: {PER_SECOND:g} webhooks a second of every kind, {LOST:.0%} of the answers lost\n")
    print(show_table(["minute", "PSS MB", "highest since the row before"], _weigh_mixed(minutes)), end="\n\n")


@contextmanager
def _open(arenas: str, *, asks_altegio: bool = False) -> Iterator[BenchWorld]:
    environment = {**AT_ONCE, "MALLOC_ARENA_MAX": arenas}
    with (
        work_folder("dev.bench") as folder,
        BenchWorld(folder, environment, asks_altegio=asks_altegio) as world,
    ):
        world.migrate()
        world.start_simulator(SALONS, 20)
        world.add_salons(SALONS)
        world.start_worker()
        world.stack.add_beat().start()
        yield world


@contextmanager
def _weighing(world: BenchWorld) -> Iterator[Scale]:
    scale = Scale(world.stack.children["worker"].pid)
    try:
        yield scale
    finally:
        scale.stop()


def _weigh_bursts(arenas: str, burst: int) -> dict[str, float]:
    weights = {}
    with _open(arenas) as world, world.postgres.connect() as connection, _weighing(world) as scale:
        weights["started"] = scale.weigh()
        for number in range(1, BURSTS + 1):
            # The numbers of a burst are those of the one before, whose rows have gone.
            world.wipe("webhook_records", "receipts", "visits")
            scale.take_highest()
            send(world, add_paid_visits(connection, burst, SALONS))
            wait_until(
                lambda: not count(connection, UNDECIDED) and count(connection, ISSUED) == burst,
                timeout=_BURST_SECONDS,
                what="all receipts",
                poll=0.5,
            )
            weights[f"burst {number}: highest"] = scale.take_highest()
            time.sleep(_REST_SECONDS)
            weights[f"burst {number}: afterwards"] = scale.weigh()
            tell(f"memory: {arenas} arenas, burst {number}: {weights[f'burst {number}: highest']:.0f} MB")
    return weights


def _weigh_mixed(minutes: float) -> list[tuple[object, ...]]:
    """Ten rows at even distances."""
    companies = [FIRST_COMPANY + place for place in range(SALONS)]
    events = generate_day(1, visits=int(minutes * 60 * PER_SECOND / _WEBHOOKS_OF_VISIT) + 1, companies=companies).events
    rows: list[tuple[object, ...]] = []
    with _open("2", asks_altegio=True) as world, _weighing(world) as scale:
        world.altegio.process.start()
        for company in companies:
            world.altegio.open(company, [world.stack.webhook_url])
        world.stack.start("api")
        world.simulator.fault(operation="check", kind="drop", when="after", times=None, probability=LOST, seed=1)
        postman, begun = Postman(world.stack.webhook_url), time.monotonic()
        for number, event in enumerate(events):
            passed = time.monotonic() - begun
            if passed >= minutes * 6 * (len(rows) + 1):
                rows.append((f"{passed / 60:.0f}", scale.weigh(), scale.take_highest()))
                tell(f"memory: minute {rows[-1][0]}: {rows[-1][1]:.0f} MB")
            if passed >= minutes * 60:
                break
            world.altegio.apply(event.envelope)
            if event.is_told:
                postman.send(event.envelope)
            time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
    return rows
