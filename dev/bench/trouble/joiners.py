"""Late joiners: each visit is told twice in a moment, so that the second often joins a receipt that is just being saved."""

import contextlib
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import requests

from dev.bench.material.backlog import FIRST_RECORD, ISSUED, company_of, count
from dev.bench.material.bodies import PAID_AT, encode, make_body
from dev.bench.world import AT_ONCE, BenchWorld, open_world
from dev.demo.waiting import WaitTimeout, wait_until
from dev.harness.report import show_table
from dev.harness.tables import Tables
from dev.simulator.altegio.bodies import stamp

WITHIN_SECONDS, VISITS_PER_SECOND = 0.8, 25.0
SALONS, THREADS, PATIENCE_SECONDS = 10, 8, 600.0


def run(visits: int) -> None:
    with open_world(AT_ONCE) as world:
        world.start_simulator(SALONS, 20)
        world.add_salons(SALONS)
        for name in ("worker-1", "worker-2"):
            world.start_worker(name)
        world.stack.add_beat().start()
        world.stack.start("api")
        begun, tables = time.perf_counter(), Tables(world.postgres)
        accepted = _post(world, visits)
        with contextlib.suppress(WaitTimeout):  # the table says so
            wait_until(lambda: _is_over(world, visits, tables), timeout=PATIENCE_SECONDS, what="every row to end", poll=1)
        seconds, left = time.perf_counter() - begun, tables.list_open()
        with world.postgres.connect() as connection:
            issued = count(connection, ISSUED)
        documents = len(world.simulator.receipts())
    rows = [
        ("visits", visits),
        ("webhooks answered with 200", accepted),
        ("receipts issued", issued),
        ("documents at Webkassa", documents),
        ("rows not ended", len(left)),
        ("seconds", seconds),
    ]
    print(show_table([f"each visit told twice within {WITHIN_SECONDS:g} s, 2 workers", ""], rows), end="\n\n")
    print("".join(f"{line}\n" for line in left[:20]), end="")


def _is_over(world: BenchWorld, visits: int, tables: Tables) -> bool:
    with world.postgres.connect() as connection:
        return count(connection, ISSUED) >= visits and not tables.list_open()


def _post(world: BenchWorld, visits: int) -> int:
    """Returns how many were accepted."""
    own, begun = threading.local(), time.monotonic()

    def post(body: bytes) -> bool:
        if not hasattr(own, "http"):
            own.http = requests.Session()
        return bool(own.http.post(world.stack.webhook_url, data=body, timeout=30).ok)

    with ThreadPoolExecutor(THREADS) as pool:
        posts = []
        for moment, body in _plan(visits):
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            posts.append(pool.submit(post, body))
        return sum(one.result() for one in posts)


def _plan(visits: int) -> Sequence[tuple[float, bytes]]:
    rng, plan = random.Random(1), []
    for number in range(visits):
        body = make_body(FIRST_RECORD + number, company_of(number % SALONS))
        moment = number / VISITS_PER_SECOND
        plan.append((moment, encode(body)))
        body["data"]["last_change_date"] = stamp(PAID_AT + timedelta(seconds=1))
        plan.append((moment + rng.uniform(0, WITHIN_SECONDS), encode(body)))
    return sorted(plan)
