"""The worker: receipts a second, how hosts share the work, how an outage drains."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, text

from dev.bench.material.backlog import ISSUED, UNDECIDED, add_paid_visits, count
from dev.bench.world import AT_ONCE, BenchWorld, open_world
from dev.demo.waiting import wait_until
from dev.harness.command import tell
from dev.harness.report import show_table
from shared.config import Settings
from shared.queue import create_producer, publish_batch

# Processes, and slots of each: the last is the one before it in two interpreters.
SLOTS = ((1, 1), (1, 2), (1, 4), (1, 8), (2, 4))
WARM_UP_SECONDS = 4.0
PATIENCE_SECONDS = 120.0
FEWEST_RECEIPTS = 25


@dataclass(frozen=True, slots=True)
class Setup:
    """Who works at what."""

    cashboxes: int
    latency_ms: float
    processes: int = 1
    # None: as many as the registers need.
    slots: int | None = 8

    @property
    def at_once(self) -> int:
        """Calls that can be under way together."""
        return self.cashboxes if self.slots is None else min(self.cashboxes, self.processes * self.slots)

    @property
    def allowed(self) -> float:
        """Receipts a second that Webkassa's latency leaves room for."""
        return self.at_once * 1000 / self.latency_ms if self.latency_ms else float("inf")


def measure_rate(world: BenchWorld, setup: Setup, seconds: float) -> float:
    """Receipts a second from a backlog of paid visits, once everything is warm."""
    # More than any machine here issues, and no more: a backlog has to be decided as well.
    fastest = 100.0 if setup.cashboxes == 1 else 200.0
    expected = min(setup.allowed, fastest) * (seconds + WARM_UP_SECONDS * 3)
    with at_work(world, setup, visits=int(expected) + 100), world.postgres.connect() as connection:
        wait_until(lambda: count(connection, ISSUED) > 0, timeout=PATIENCE_SECONDS, what="the first receipt")
        if setup.slots and setup.cashboxes < setup.slots:  # the others decide ahead; measured is the way to the register
            wait_until(lambda: not count(connection, UNDECIDED), timeout=PATIENCE_SECONDS, what="the decisions", poll=0.5)
        time.sleep(WARM_UP_SECONDS)
        begun, before = await_receipt(connection)
        time.sleep(max(seconds, FEWEST_RECEIPTS / setup.allowed))
        ended, after = await_receipt(connection)
        return (after - before) / (ended - begun)


def await_receipt(connection: Connection) -> tuple[float, int]:
    """The moment of the next one, and how many there are then: at a slow register no part of a call is counted."""
    known = count(connection, ISSUED)
    wait_until(lambda: count(connection, ISSUED) > known, timeout=PATIENCE_SECONDS, what="the next receipt", poll=0.005)
    return time.perf_counter(), count(connection, ISSUED)


@contextmanager
def at_work(world: BenchWorld, setup: Setup, visits: int, name: str = "worker") -> Iterator[None]:
    """The simulator, a backlog with its messages, and workers; all gone afterwards, except their logs."""
    world.start_simulator(setup.cashboxes, setup.latency_ms)
    world.add_salons(setup.cashboxes)
    with world.postgres.connect() as connection:
        ids = add_paid_visits(connection, visits, setup.cashboxes)
        connection.execute(text("ANALYZE"))
    send(world, ids)
    names = [f"{name}-{place + 1}" for place in range(setup.processes)]
    try:
        for worker in names:
            world.start_worker(worker, setup.slots)
        yield
    finally:
        world.simulator.process.kill()
        for worker in names:
            world.stack.kill(worker)
        world.wipe("webhook_records", "cashboxes", "receipts", "visits")


def send(world: BenchWorld, ids: Sequence[int]) -> None:
    producer = create_producer(Settings(redis_url=world.redis.url, _env_file=None))
    publish_batch(producer, [(row_id, None) for row_id in ids])
    producer.close()


def run(runs: int, seconds: float, setups: Sequence[Setup]) -> None:
    rows = []
    for setup, rate in _measure_all(setups, runs, seconds):
        share = f"{rate / setup.allowed:.1%}" if setup.latency_ms else "-"
        rows.append((f"{setup.cashboxes}", f"{setup.latency_ms:g}", setup.processes, rate, share))
    headings = ["cashboxes", "latency ms", "processes of 8 slots", "receipts/s", "of what latency allows"]
    print(show_table(headings, rows), end="\n\n", flush=True)


def run_slots(runs: int, seconds: float) -> None:
    """How more slots pay."""
    measured = _measure_all([Setup(50, 50, processes, slots) for processes, slots in SLOTS], runs, seconds)
    [(_, of_one), *_] = measured
    rows = []
    for setup, rate in measured:
        rows.append((setup.at_once, setup.processes, rate, rate / (of_one * setup.at_once)))
    print("50 cashboxes, 50 ms\n")
    print(show_table(["slots", "processes", "receipts/s", "of linear"], rows), end="\n\n")


def _measure_all(setups: Sequence[Setup], runs: int, seconds: float) -> list[tuple[Setup, float]]:
    """With the median of its runs each."""
    measured = []
    with open_world(AT_ONCE) as world:
        for setup in setups:
            rate = statistics.median(measure_rate(world, setup, seconds) for _ in range(runs))
            tell(f"worker: {setup}: {rate:.2f} receipts/s")
            measured.append((setup, rate))
    return measured


def run_hosts(seconds: float) -> None:
    """Two workers with settings of their own: what each issued, by its own log."""
    setup = Setup(50, 50, processes=2)
    with open_world(AT_ONCE) as world, at_work(world, setup, int(250 * (seconds + WARM_UP_SECONDS)), "host"):
        time.sleep(WARM_UP_SECONDS)
        before = _count_in_logs(world, setup.processes)
        time.sleep(seconds)
        issued = [after - earlier for after, earlier in zip(_count_in_logs(world, setup.processes), before, strict=True)]
    rows = [(f"host {place + 1}", count, count / max(sum(issued), 1)) for place, count in enumerate(issued)]
    print("Two hosts, 50 cashboxes, 50 ms\n")
    print(show_table(["", "issued", "share"], rows), end="\n\n")


def _count_in_logs(world: BenchWorld, hosts: int) -> list[int]:
    logs = (world.folder / f"host-{place + 1}.log" for place in range(hosts))
    return [log.read_text("utf-8").count('"receipt issued"') for log in logs]
