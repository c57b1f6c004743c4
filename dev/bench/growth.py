"""The same questions to tables of any age: nothing may become slower because much has been done."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import median

import requests
from sqlalchemy import text

from dev.bench.acquire.visitor import Visitor
from dev.bench.load import post, time_ms
from dev.bench.material.past import DELIVERIES_OF_A_VISIT, FIRST_PAST_RECORD, add_long_ago
from dev.bench.world import BenchWorld, open_world
from dev.harness.command import tell
from dev.harness.desk import add_manager
from dev.harness.report import pick, show_table
from dev.harness.services import close_services, read_settings
from shared.clock import almaty_date, utc_now
from worker.entry.cli.receipt_queries import Filters, list_deliveries
from worker.rounds.rescue import dispatch
from worker.services import Services, create_services

CASHBOXES = 50
_STEP = 50_000
_ASKED = 200
_FIRST_POSTED = 2_000_000_000


def run(runs: int, seconds: float, sizes: Sequence[int]) -> None:
    """`sizes` are deliveries; a third of them made receipts."""
    figures: dict[str, list[float]] = {}
    with open_world({"LOG_LEVEL": "WARNING"}) as world:
        world.stack.start("api")
        add_manager(world)
        services = create_services(read_settings(world.environment))
        world.add_salons(CASHBOXES)
        visits = 0
        for size in sizes:
            visits = grow(world, visits, size // DELIVERIES_OF_A_VISIT)
            for name, figure in measure(world, services, visits, runs, seconds).items():
                figures.setdefault(name, []).append(figure)
        close_services(services)
    rows = [(name, *values, values[-1] / values[0]) for name, values in figures.items()]
    print(show_table(["", *(f"{size:,} deliveries" for size in sizes), "last : first"], rows), end="\n\n")


def grow(world: BenchWorld, visits: int, wanted: int) -> int:
    """Adds visits of the past until there are as many as wanted; returns how many there are."""
    with world.postgres.connect() as connection:
        # What the measurements before it left behind is not part of the past.
        connection.execute(text("DELETE FROM webhook_records WHERE state = 'received'"))
        connection.execute(text("SET synchronous_commit = off"))
        while visits < wanted:
            end = min(visits + _STEP, wanted)
            add_long_ago(connection, visits, end, CASHBOXES)
            visits = end
            tell(f"growth: {visits} of {wanted} visits")
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    return visits


def measure(world: BenchWorld, services: Services, visits: int, runs: int, seconds: float) -> dict[str, float]:
    """Returns what the same questions take, in milliseconds."""
    base = world.stack.api_url
    status = f"{base}/api/webhook/status/{FIRST_PAST_RECORD + visits // 2}"
    with requests.Session() as http:
        asked = _time(lambda: http.get(status, timeout=10).raise_for_status())
    ticked = _time(lambda: dispatch(services))
    listed = _time(lambda: _list(services))
    manager, yesterday = Visitor(base), almaty_date(utc_now() - timedelta(days=1))
    shown = _time(lambda: manager.get(f"/acquire?day={yesterday}"))
    loads = []
    for number in range(runs):
        first = _FIRST_POSTED + number * 10_000_000
        loads.append(post(world.stack.webhook_url, connections=16, seconds=seconds, first=first, folder=world.folder))
        _clean(world)
    return {
        "ingress, 16 connections: ms an acknowledgement": median([1000 / load.rate for load in loads]),
        "ingress, 16 connections: p50 ms": median([load.p50 for load in loads]),
        "status endpoint: p50 ms": pick(asked, 0.5),
        "dispatcher's tick: p50 ms": pick(ticked, 0.5),
        "list of deliveries: p50 ms": pick(listed, 0.5),
        "payment page, visits of a day: p50 ms": pick(shown, 0.5),
    }


def _list(services: Services) -> None:
    with services.sessions() as session:
        list_deliveries(session, Filters.read(limit=50))


def _time(question: Callable[[], object]) -> list[float]:
    """Milliseconds, sorted."""
    return sorted(time_ms(question) for _ in range(_ASKED))


def _clean(world: BenchWorld) -> None:
    """Between two runs, so that the second does not start on a table of other size."""
    world.redis.flush(0)
    posted = f"DELETE FROM webhook_records WHERE state = 'received' AND resource_id >= {_FIRST_POSTED}"
    world.postgres.execute(posted, "VACUUM webhook_records")
