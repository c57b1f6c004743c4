"""`python -m dev.bench.acquire`: how long the pages of the payment page take with many visits stored."""

import argparse
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

from sqlalchemy import text

from dev.bench.acquire_pages import Visit, Visitor, make_pages
from dev.bench.acquire_plans import SETTINGS, count_sizes, explain_pages
from dev.bench.backlog import add_cashboxes
from dev.bench.load import time_ms
from dev.bench.past import add_these_days, count_awaiting
from dev.bench.world import BenchWorld, open_world
from dev.harness.command import tell
from dev.harness.desk import TIMEOUT, add_manager
from dev.harness.report import pick, show_table

HEADINGS = ("page", "p50 ms", "p95 ms", "max ms", "p95 ms, 4 at once")
CLIENTS = 4


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.bench.acquire", description=__doc__)
    parser.add_argument("--visits", type=int, default=100_000, help="stored visits, over ten days (100000)")
    parser.add_argument("--requests", type=int, default=200, help="for each page (200)")
    parser.add_argument("--plans", type=Path, help="also write the query plans to this file")
    arguments = parser.parse_args()
    # A visit is paid once: alone, together, before each of the two, and to be explained.
    if count_awaiting(arguments.visits) < 2 * (arguments.requests + CLIENTS + 1):
        parser.error("--visits: too few to take --requests payments twice, of which 20 in 1000 visits await one")
    return arguments


def measure(url: str, visit: Visit, requests: int, clients: int) -> list[float]:
    """Milliseconds of each request, sorted; `clients` at once share them."""
    all_signed_in = Barrier(clients)

    def work(first: int) -> list[float]:
        visitor = Visitor(url)
        visit(visitor, first)  # what is read once and kept counts as little as it does all day
        all_signed_in.wait(TIMEOUT)
        return [time_ms(partial(visit, visitor, number)) for number in range(first, requests, clients)]

    with ThreadPoolExecutor(clients) as pool:
        return sorted(ms for part in pool.map(work, range(clients)) for ms in part)


def run(arguments: argparse.Namespace, world: BenchWorld) -> None:
    tell(f"filling {arguments.visits} visits")
    add_manager(world)
    with world.postgres.connect() as connection:
        add_cashboxes(connection, 1)
        add_these_days(connection, arguments.visits)
        connection.execute(text("VACUUM ANALYZE"))
        print(count_sizes(connection), end="\n\n")
    world.stack.start("api")
    rows = []
    pages = make_pages(arguments.visits)
    for name, visit in pages.items():
        alone, together = (measure(world.stack.api_url, visit, arguments.requests, clients) for clients in (1, CLIENTS))
        figures = (pick(alone, 0.5), pick(alone, 0.95), alone[-1], pick(together, 0.95))
        rows.append((name, *(f"{ms:.0f}" for ms in figures)))
        tell(name)
    print(show_table(HEADINGS, rows))
    if arguments.plans:
        plans = (f"## {name}\n\n```\n{plan}\n```\n" for name, plan in explain_pages(world, pages))
        arguments.plans.write_text("\n".join(plans), encoding="utf-8")


if __name__ == "__main__":
    given = read_arguments()
    with open_world({"LOG_LEVEL": "WARNING"}, settings=SETTINGS if given.plans else {}) as opened:
        run(given, opened)
