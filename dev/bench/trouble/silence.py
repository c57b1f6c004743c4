"""PostgreSQL's old connections fall silent while new ones answer: how long each process takes to work again."""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

import requests
from sqlalchemy import make_url

from dev.bench.material.backlog import FIRST_RECORD, ISSUED, company_of, count
from dev.bench.material.bodies import encode, make_body
from dev.bench.world import AT_ONCE, POSTGRES_SETTINGS, BenchWorld
from dev.demo.waiting import wait_until
from dev.harness.command import work_folder
from dev.harness.desk import Desk, PageFailed, add_manager
from dev.harness.proxy import Proxy
from dev.harness.report import show_table
from dev.harness.stack import Stack

SALONS, WARM_UP, WORKERS = 10, 100, ("worker-1", "worker-2")
PATIENCE_SECONDS = 120.0
_EVERY_SECONDS = 0.1


class SilentWorld(BenchWorld):
    """Every process of the service reaches PostgreSQL through `proxy`."""

    def build_stack(self) -> Stack:
        self.proxy = Proxy(self.postgres.port).__enter__()
        address = make_url(self.environment["DATABASE_URL"]).set(port=self.proxy.port)
        return Stack(self.folder, {**self.environment, "DATABASE_URL": address.render_as_string(hide_password=False)})


def run() -> None:
    with work_folder("dev.bench") as folder, SilentWorld(folder, AT_ONCE, postgres=POSTGRES_SETTINGS) as world:
        world.migrate()
        add_manager(world)
        world.start_simulator(SALONS, 20)
        world.add_salons(SALONS)
        world.stack.start("api")
        for name in WORKERS:
            world.start_worker(name)
        world.stack.add_beat().start()
        ended = threading.Event()
        poster = threading.Thread(target=_post_steadily, args=(world.stack.webhook_url, ended))
        poster.start()
        try:
            took = _measure(world)
        finally:
            ended.set()
            poster.join()
    rows = [(name, seconds) for name, seconds in took.items()]
    print(show_table(["old connections to PostgreSQL silent: works again after", "s"], rows), end="\n\n")


def _measure(world: SilentWorld) -> Mapping[str, float]:
    ways = _list_ways(world)
    with world.postgres.connect() as connection:
        wait_until(lambda: count(connection, ISSUED) > WARM_UP, timeout=PATIENCE_SECONDS, what="everything to be warm")
    done = {name: _count_issued(world, name) for name in WORKERS}
    world.proxy.freeze()
    begun, took = time.monotonic(), {}
    ways |= {name: partial(_has_issued_more, world, name, done[name]) for name in WORKERS}

    def recover(name: str) -> None:
        wait_until(lambda: _is_true(ways[name]), timeout=PATIENCE_SECONDS, what=name)
        took[name] = time.monotonic() - begun

    threads = [threading.Thread(target=recover, args=(name,)) for name in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def _list_ways(world: SilentWorld) -> dict[str, Callable[[], object]]:
    api, desk = world.stack.api_url, Desk(world.stack.api_url)
    body = encode(make_body(FIRST_RECORD - 1, company_of(0)))
    return {
        "api: a webhook": lambda: requests.post(world.stack.webhook_url, data=body, timeout=60).ok,
        "api: its readiness": lambda: requests.get(f"{api}/health/ready", timeout=60).ok,
        "api: its metrics": lambda: 'store_up{store="database"} 1.0' in requests.get(f"{api}/metrics", timeout=60).text,
        "api: the payment page": lambda: desk.get("/acquire"),
    }


def _is_true(look: Callable[[], object]) -> bool:
    try:
        return bool(look())
    except (requests.RequestException, PageFailed):
        return False


def _count_issued(world: SilentWorld, worker: str) -> int:
    """By its own log: the commit came before the line."""
    return world.stack.children[worker].log.read_text("utf-8").count('"receipt issued"')


def _has_issued_more(world: SilentWorld, worker: str, known: int) -> bool:
    return _count_issued(world, worker) > known


def _post_steadily(url: str, ended: threading.Event) -> None:
    """Work for both, also while the database is silent."""
    number = 0
    with requests.Session() as http:
        while not ended.wait(_EVERY_SECONDS):
            body = encode(make_body(FIRST_RECORD + number, company_of(number % SALONS)))
            with contextlib.suppress(requests.RequestException):
                number += http.post(url, data=body, timeout=60).ok
