"""The worker: receipts a second, and how long a webhook takes to become one."""

import json
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from dev.bench.backlog import add_cashboxes, add_paid_visits, number_of, wipe
from dev.bench.bodies import encode, make_body
from dev.bench.world import FIRST_COMPANY, World
from dev.demo.waiting import wait_until
from shared.config import Settings
from shared.queue import create_producer, publish_batch

WARM_UP_SECONDS = 4.0
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Setup:
    """Who works at what."""

    cashboxes: int
    latency_ms: float
    processes: int = 1
    slots: int = 8

    @property
    def allowed(self) -> float:
        """Receipts a second that Webkassa's latency leaves room for."""
        at_once = min(self.cashboxes, self.processes * self.slots)
        return at_once * 1000 / self.latency_ms if self.latency_ms else float("inf")


def make_world() -> World:
    """No waiting for payments that may follow: what is measured is the work."""
    return World({"PAYMENT_WAIT_SECONDS": "0", "GOODS_WAIT_SECONDS": "0"})


def measure_rate(world: World, setup: Setup, seconds: float) -> float:
    """Receipts a second from a backlog of paid visits, once everything is warm."""
    expected = min(setup.allowed, 250.0) * (seconds + WARM_UP_SECONDS * 2)
    with at_work(world, setup, visits=int(expected) + 100), world.postgres.connect() as connection:
        wait_until(lambda: count_issued(connection) > 0, timeout=PATIENCE_SECONDS, what="the first receipt")
        time.sleep(WARM_UP_SECONDS)
        begun, before = time.perf_counter(), count_issued(connection)
        time.sleep(seconds)
        return (count_issued(connection) - before) / (time.perf_counter() - begun)


@contextmanager
def at_work(world: World, setup: Setup, visits: int) -> Iterator[None]:
    """The simulator, a backlog with its messages, and workers; all gone afterwards."""
    world.start_simulator([number_of(place) for place in range(setup.cashboxes)], setup.latency_ms)
    with world.postgres.connect() as connection:
        connection.execute(text("DELETE FROM cashboxes"))
        add_cashboxes(connection, setup.cashboxes)
        ids = add_paid_visits(connection, visits, setup.cashboxes)
        connection.execute(text("ANALYZE"))
    send(world, ids)
    names = [f"worker-{place}" for place in range(setup.processes)]
    try:
        for name in names:
            world.start_worker(name, setup.slots)
        yield
    finally:
        world.end("webkassa", *names)
        world.redis.flush(0)
        with world.postgres.connect() as connection:
            wipe(connection)


def send(world: World, ids: Sequence[int]) -> None:
    producer = create_producer(Settings(redis_url=world.redis.url, _env_file=None))
    publish_batch(producer, [(row_id, None) for row_id in ids])
    producer.close()


def count_issued(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT count(*) FROM receipts WHERE state = 'issued'")) or 0)
