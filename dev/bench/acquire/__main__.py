"""`python -m dev.bench.acquire`: how long the pages of the payment page take with many visits stored."""

import argparse
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import takewhile
from pathlib import Path
from threading import Barrier

from requests import Timeout
from sqlalchemy import text

from dev.bench.acquire.pages import make_pages
from dev.bench.acquire.rooms import fill_rooms
from dev.bench.acquire.visitor import Visit, Visitor
from dev.bench.load import time_ms
from dev.bench.material.backlog import count
from dev.bench.material.past import Past, add_these_days
from dev.bench.world import BenchWorld, open_world
from dev.harness.command import tell
from dev.harness.desk import TIMEOUT, add_manager
from dev.harness.report import pick, show_table
from dev.harness.services import read_settings
from shared.storage.db import create_database_engine, create_session_factory
from worker.rounds.books import check_books
from worker.rounds.books.check import KEPT_DAYS, MOST_OLDER

HEADINGS = ("page", "p50 ms", "p95 ms", "max ms", "p95 ms, 4 at once")
CLIENTS = 4
# For one page; then it is known well enough to be too slow.
LONGEST_SECONDS = 30
# Loaded from the start, so that sessions that are open have it; silent until asked.
EXPLAIN = {"session_preload_libraries": "auto_explain", "auto_explain.log_analyze": "on", "auto_explain.log_buffers": "on"}
TABLES = (
    "webhook_records",
    "visits",
    "receipts",
    "payment_records",
    "checkouts",
    "return_orders",
    "fiscalization_logs",
    "audit_events",
)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.bench.acquire", description=__doc__)
    parser.add_argument("--visits", type=int, default=100_000, help="stored visits (100000)")
    parser.add_argument(
        "--days", type=int, default=500, help="over which they are spread: 10 makes a day of fifty salons (500)"
    )
    parser.add_argument("--requests", type=int, default=200, help="for each page (200)")
    parser.add_argument("--only", default="", help="only pages with this in their names")
    parser.add_argument("--plans", type=Path, help="also write the query plans to this file")
    arguments = parser.parse_args()
    # A visit is paid once: alone, together, before each of the two, and to be explained.
    if Past(arguments.visits, arguments.days).awaiting < 2 * (arguments.requests + CLIENTS + 1):
        parser.error("--visits: too few to take --requests payments twice, of which 2 in 100 visits of a day await one")
    return arguments


def measure(url: str, visit: Visit, requests: int, clients: int) -> list[float]:
    """Milliseconds of each request, sorted; `clients` at once share them. Of a page that takes seconds there are fewer."""
    all_signed_in = Barrier(clients)

    def work(first: int) -> list[float]:
        visitor = Visitor(url)
        _time(visit, visitor, first)  # what is read once and kept counts as little as it does all day
        all_signed_in.wait(TIMEOUT)
        until = time.monotonic() + LONGEST_SECONDS
        numbers = takewhile(lambda _: time.monotonic() < until, range(first, requests, clients))
        return [_time(visit, visitor, number) for number in numbers]

    with ThreadPoolExecutor(clients) as pool:
        return sorted(ms for part in pool.map(work, range(clients)) for ms in part)


def _time(visit: Visit, visitor: Visitor, number: int) -> float:
    """Milliseconds, at most those of the patience: a page that is not there by then is slow, and no end of the run."""
    try:
        return time_ms(partial(visit, visitor, number))
    except Timeout:
        return TIMEOUT * 1000


def keep_books_of_these_days(world: BenchWorld) -> None:
    """As the worker's round would have, day by day."""
    settings = read_settings(world.environment)
    sessions = create_session_factory(create_database_engine(settings, pool_size=1))
    for _ in range(KEPT_DAYS // MOST_OLDER + 1):
        check_books(sessions)
    sessions.kw["bind"].dispose()


def run(arguments: argparse.Namespace, world: BenchWorld) -> None:
    past = Past(arguments.visits, arguments.days)
    tell(f"filling {past.visits} visits of {past.days} days")
    add_manager(world)
    world.add_salons(1)
    with world.postgres.connect() as connection:
        add_these_days(connection, past)
        fill_rooms(connection)
        connection.execute(text("VACUUM ANALYZE"))
        print(*(f"{table} {count(connection, table)}" for table in TABLES), sep=", ", end="\n\n")
    keep_books_of_these_days(world)
    world.stack.start("api")
    rows = []
    pages = {name: visit for name, visit in make_pages(past).items() if arguments.only in name}
    for name, visit in pages.items():
        alone, together = (measure(world.stack.api_url, visit, arguments.requests, clients) for clients in (1, CLIENTS))
        figures = (pick(alone, 0.5), pick(alone, 0.95), alone[-1], pick(together, 0.95))
        rows.append((name, *(f"{ms:.0f}" for ms in figures)))
        tell(name)
    print(show_table(HEADINGS, rows))
    if arguments.plans:
        plans = (f"## {name}\n\n```\n{plan}\n```\n" for name, plan in explain_pages(world, pages))
        arguments.plans.write_text("\n".join(plans), encoding="utf-8")


def explain_pages(world: BenchWorld, pages: Mapping[str, Visit]) -> Iterator[tuple[str, str]]:
    """Each page, its statements and their plans: PostgreSQL explains them in its log while the page is asked for."""
    visitor = Visitor(world.stack.api_url)
    world.postgres.execute("ALTER SYSTEM SET auto_explain.log_min_duration = 0", "SELECT pg_reload_conf()")
    for name, visit in pages.items():
        visit(visitor, 0)  # what a page reads once is no part of it
        start = world.postgres.log.stat().st_size
        visit(visitor, 1)
        with world.postgres.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(start)
            yield name, log.read().strip()


if __name__ == "__main__":
    given = read_arguments()
    with open_world({"LOG_LEVEL": "WARNING"}, settings=EXPLAIN if given.plans else {}) as opened:
        run(given, opened)
