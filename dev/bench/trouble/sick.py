"""One register of ten is sick for a while: it answers -1 to everything. How much of their rate the other nine keep."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from dev.bench.material.backlog import ISSUED, UNDECIDED, count
from dev.bench.receipts import Setup, at_work
from dev.bench.world import AT_ONCE, BenchWorld, open_world
from dev.demo.waiting import wait_until
from dev.harness.report import show_table

# Far less than the machine could do, so that what the nine keep depends on the service and on nothing else.
SETUP = Setup(cashboxes=10, latency_ms=300, processes=2)
WARM_UP_SECONDS, DECIDE_SECONDS = 5.0, 600.0
# The first, which takes the first turn of everything.
SICK = "SELECT min(id) FROM cashboxes"
OTHERS = f"{ISSUED} AND cashbox_id <> ({SICK})"


def run(seconds: float) -> None:
    """Well, sick and well again in one run, each for so long; the rate of being well is that of both times together."""
    visits = int(SETUP.allowed * (3 * seconds + 60))
    with open_world(AT_ONCE) as world, at_work(world, SETUP, visits), world.postgres.connect() as connection:
        world.stack.add_beat().start()
        wait_until(lambda: not count(connection, UNDECIDED), timeout=DECIDE_SECONDS, what="the decisions", poll=0.5)
        before = _measure_rate(connection, seconds)
        with _one_is_sick(world, connection) as count_its_calls:
            during = _measure_rate(connection, seconds)
            calls = count_its_calls()
        after = _measure_rate(connection, seconds)
    well = (before + after) / 2
    rows = [("before", before), ("while one is sick", during), ("after", after), ("kept by the nine", during / well)]
    print(show_table(["receipts/s of nine registers", ""], [*rows, ("calls of the sick one meanwhile", calls)]), end="\n\n")


@contextmanager
def _one_is_sick(world: BenchWorld, connection: Connection) -> Iterator[Callable[[], int]]:
    number = str(connection.exec_driver_sql(f"SELECT unique_number FROM cashboxes WHERE id = ({SICK})").scalar_one())
    fault = world.simulator.fault(operation="any", cashbox=number, kind="code", code=-1, times=None)
    yield lambda: world.simulator.count_hits(fault)
    world.simulator.clear_faults()


def _measure_rate(connection: Connection, seconds: float) -> float:
    time.sleep(WARM_UP_SECONDS)
    begun, known = time.perf_counter(), count(connection, OTHERS)
    time.sleep(seconds)
    return (count(connection, OTHERS) - known) / (time.perf_counter() - begun)
