"""Redis in trouble: filled to its limit while no worker is there; and away for the whole time, against being there."""

import time

import redis
import requests
from sqlalchemy import Connection

from dev.bench.material.backlog import FIRST_RECORD, ISSUED, add_paid_visits, company_of, count
from dev.bench.material.bodies import encode, make_body
from dev.bench.receipts import PATIENCE_SECONDS, WARM_UP_SECONDS, send
from dev.bench.world import AT_ONCE, BenchWorld, open_world
from dev.demo.waiting import wait_until
from dev.harness.report import show_table

SALONS, LATENCY_MS, WORKERS = 10, 50, ("worker-1", "worker-2")
# Of the webhooks, those that come when it is full already.
_LATE = 0.2
_DRAIN_SECONDS = 1800.0
# More than any machine here issues, and no more: a backlog has to be decided as well.
_FASTEST = 150


def run(webhooks: int, seconds: float) -> None:
    with open_world(AT_ONCE) as world:
        _start(world)
        _show_full(world, webhooks)
    rates = {}
    for is_there in (True, False):
        with open_world(AT_ONCE) as world:
            _start(world)
            rates[is_there] = _measure(world, seconds, is_there=is_there)
    rows = [("with Redis", rates[True], 1.0), ("Redis away for the whole time", rates[False], rates[False] / rates[True])]
    print(show_table([f"{SALONS} cashboxes at {LATENCY_MS} ms, 2 workers", "receipts/s", "x"], rows), end="\n\n")


def _start(world: BenchWorld) -> None:
    world.start_simulator(SALONS, LATENCY_MS)
    world.add_salons(SALONS)


def _show_full(world: BenchWorld, webhooks: int) -> None:
    world.stack.start("api")
    early = int(webhooks * (1 - _LATE))
    with redis.Redis.from_url(world.redis.url) as client, world.postgres.connect() as connection:
        _post(world, 0, early)
        messages = wait_until(lambda: client.llen("records"), timeout=PATIENCE_SECONDS, what="messages")
        client.config_set("maxmemory", int(client.info("memory")["used_memory"]))
        _fill(client)
        _post(world, early, webhooks)
        begun = time.perf_counter()
        for name in WORKERS:
            # It says that it is ready when it may take messages, and that may be never.
            world.stack.add_worker(name, 8).spawn()
        world.stack.add_beat().spawn()
        wait_until(lambda: count(connection, ISSUED) == webhooks, timeout=_DRAIN_SECONDS, what="all receipts", poll=0.2)
        seconds = time.perf_counter() - begun
        is_full = client.info("memory")["used_memory"] >= int(client.config_get("maxmemory")["maxmemory"])
        ended = [child.name for child in world.stack.children.values() if child.has_died]
    rows = [
        ("webhooks answered with 200, all stored", webhooks),
        ("of them while Redis was full", webhooks - early),
        ("messages in Redis when it was", messages),
        ("seconds from the start of the workers to the last receipt", seconds),
        ("receipts/s", webhooks / seconds),
        ("Redis full at the end", "yes" if is_full else "no"),
        ("processes that ended", ", ".join(ended) or "none"),
    ]
    print(show_table(["Redis filled to its limit, workers away and back", ""], rows), end="\n\n", flush=True)


def _fill(client: redis.Redis) -> None:
    """What is left, by what is nobody's message and stays."""
    number = 0
    try:
        while True:
            client.set(f"filler:{number}", "x" * 1000)
            number += 1
    except redis.exceptions.OutOfMemoryError:
        return


def _post(world: BenchWorld, start: int, end: int) -> None:
    with requests.Session() as http:
        for number in range(start, end):
            body = encode(make_body(FIRST_RECORD + number, company_of(number % SALONS)))
            http.post(world.stack.webhook_url, data=body, timeout=30).raise_for_status()


def _measure(world: BenchWorld, seconds: float, *, is_there: bool) -> float:
    """Receipts a second of a backlog, once everything is warm."""
    with world.postgres.connect() as connection:
        ids = add_paid_visits(connection, int(_FASTEST * (seconds + 5 * WARM_UP_SECONDS)), SALONS)
        # As the dispatcher finds them: nobody knows which of them had a message.
        connection.exec_driver_sql("UPDATE webhook_records SET next_attempt_at = now()")
        connection.exec_driver_sql("ANALYZE")
        if is_there:
            send(world, ids)
        else:
            world.redis.kill()
        for name in WORKERS:
            world.stack.add_worker(name, 8).spawn()
        world.stack.add_beat().spawn()
        return _count_rate(connection, seconds)


def _count_rate(connection: Connection, seconds: float) -> float:
    wait_until(lambda: count(connection, ISSUED) > 0, timeout=PATIENCE_SECONDS, what="the first receipt")
    time.sleep(WARM_UP_SECONDS)
    begun, known = time.perf_counter(), count(connection, ISSUED)
    time.sleep(seconds)
    return (count(connection, ISSUED) - known) / (time.perf_counter() - begun)
