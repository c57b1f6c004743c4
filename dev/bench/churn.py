"""An hour of work on large tables while an old snapshot is held: nothing dead can be taken away, or be known as dead."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import requests
from sqlalchemy import text

from dev.bench import growth, latency
from dev.bench.load import time_ms
from dev.bench.material.backlog import FIRST_RECORD, company_of, count
from dev.bench.material.bodies import make_body
from dev.bench.material.past import DELIVERIES_OF_A_VISIT
from dev.bench.receipts import PATIENCE_SECONDS
from dev.bench.world import AT_ONCE, BenchWorld, open_world
from dev.demo.waiting import wait_until
from dev.harness.command import tell
from dev.harness.desk import add_manager
from dev.harness.report import pick, show_table
from dev.harness.services import close_services, read_settings
from worker.services import Services, create_services

# Each is told of twice: booked, then paid.
VISITS_PER_SECOND = 10.0
_SOLD = 60
OPEN = "webhook_records WHERE state IN ('received', 'processing')"
_SIZES = text(
    """
    SELECT relname, pg_table_size(relid) AS data, pg_indexes_size(relid) AS indexes, n_live_tup AS live, n_dead_tup AS dead
    FROM pg_stat_user_tables
    """
)

Sizes = Mapping[str, tuple[int, int, int, int]]


def run(deliveries: int, minutes: float, seconds: float) -> None:
    """`deliveries` are there before it begins; a third of them made receipts."""
    with open_world(AT_ONCE) as world:
        _start(world)
        visits = growth.grow(world, 0, deliveries // DELIVERIES_OF_A_VISIT)
        services = create_services(read_settings(world.environment))
        before, sizes = _measure(world, services, visits, seconds, 0), _weigh(world)
        with _old_snapshot(world):
            told = _churn(world, minutes)
            after, swollen = _measure(world, services, visits, seconds, 1), _weigh(world)
        world.postgres.execute("VACUUM ANALYZE")
        cleared = _weigh(world)
        close_services(services)
    print(f"{deliveries:,} deliveries, then {told:,} visits in {minutes:g} minutes under one old snapshot\n")
    rows = [(name, before[name], after[name], after[name] / before[name]) for name in before]
    print(show_table(["", "before", "at its end", "x"], rows), end="\n\n")
    _show_sizes(sizes, swollen, cleared)


def _start(world: BenchWorld) -> None:
    world.start_simulator(growth.CASHBOXES, 5)
    world.stack.start("api")
    add_manager(world)
    world.add_salons(growth.CASHBOXES)
    world.start_worker(slots=None)
    world.stack.add_beat().start()


@contextmanager
def _old_snapshot(world: BenchWorld) -> Iterator[None]:
    """A report that somebody forgot: what was there when it began has to stay as it was."""
    with world.postgres.connect() as connection:
        connection.execute(text("BEGIN ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("SELECT count(*) FROM cashboxes"))
        yield
        connection.execute(text("ROLLBACK"))


def _churn(world: BenchWorld, minutes: float) -> int:
    """Returns how many visits were booked, paid and issued."""
    begun, number = time.monotonic(), 0
    with requests.Session() as http:
        while (passed := time.monotonic() - begun) < minutes * 60:
            for paid in (False, True):
                body = make_body(FIRST_RECORD + number, company_of(number), paid=paid)
                latency.post(http, world.stack.webhook_url, body)
            number += 1
            if number % int(VISITS_PER_SECOND * 60) == 0:
                tell(f"churn: minute {passed / 60:.0f}")
            time.sleep(max(0.0, begun + number / VISITS_PER_SECOND - time.monotonic()))
    _await_rest(world)
    return number


def _await_rest(world: BenchWorld) -> None:
    with world.postgres.connect() as connection:
        wait_until(lambda: not count(connection, OPEN), timeout=PATIENCE_SECONDS, what="the last receipt", poll=0.2)


def _measure(world: BenchWorld, services: Services, visits: int, seconds: float, place: int) -> dict[str, float]:
    """What `growth` asks, and the whole way of a visit, milliseconds."""
    first = FIRST_RECORD * 2 + place * 10_000
    with requests.Session() as http:
        sell = partial(latency.issue, http, world, latency.sell_visit)
        sold = sorted(time_ms(partial(sell, number)) for number in range(first, first + _SOLD))
    # Nobody else may change what the questions are asked of.
    for name in ("worker", "beat"):
        world.stack.kill(name)
    figures = growth.measure(world, services, visits, 3, seconds)
    for name in ("worker", "beat"):
        world.stack.start(name)
    return figures | {"webhook to receipt, 5 ms a call: p50 ms": pick(sold, 0.5)}


def _weigh(world: BenchWorld) -> Sizes:
    with world.postgres.connect() as connection:
        return {name: tuple(sizes) for name, *sizes in connection.execute(_SIZES)}


def _show_sizes(before: Sizes, after: Sizes, cleared: Sizes) -> None:
    """Of the tables that grew most."""
    grown = sorted(after, key=lambda name: sum(before[name][:2]) - sum(after[name][:2]))[:8]
    rows = []
    for name in grown:
        old, new = before[name], after[name]
        sizes = (size / 1024**2 for pair in zip(old[:2], new[:2], strict=True) for size in pair)
        rows.append((name, *sizes, new[2] / old[2] if old[2] else "-", new[3], cleared[name][3]))
    heads = ["", "data MB", "at its end", "indexes MB", "at its end", "rows x", "dead rows", "after a vacuum"]
    print(show_table(heads, rows), end="\n\n")
