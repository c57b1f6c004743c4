"""From the POST of a webhook until its receipt is issued, with every setting as a salon has it by default."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import requests

from dev.bench.load import time_ms
from dev.bench.material.backlog import FIRST_RECORD, company_of
from dev.bench.material.bodies import encode, make_body, make_payment
from dev.bench.receipts import PATIENCE_SECONDS
from dev.bench.world import POSTGRES_SETTINGS, BenchWorld
from dev.demo.waiting import wait_until
from dev.harness.command import work_folder
from dev.harness.report import pick, show_table
from dev.harness.stack import Stack

SALONS = 50
# Altegio answers 200 calls a minute: more would be measured with its limit.
PAUSE_SECONDS = 0.3
# Four calls a visit in all: with less between them Altegio's own limit would be measured.
PAUSE_OF_WRITES_SECONDS = 1.5
SOON_SECONDS = 5.0
# What Altegio posts besides, all day: visits that were booked, moved, and are not paid.
OTHERS_PER_SECOND = {"idle": 0.0, "20 others a second": 20.0}

Sell = Callable[[requests.Session, BenchWorld, int], None]


def run(webhooks: int, latency_ms: float = 50.0) -> None:
    """Webkassa and Altegio both take `latency_ms` for an answer."""
    rows = []
    for title, is_asked, sell in (
        ("tokens, payment told", True, _sell_and_tell),
        ("tokens, payment not told", True, sell_visit),
        ("no tokens, payment told", False, _sell_and_tell),
    ):
        with _open_world(latency_ms, is_asked=is_asked) as world:
            for place, (load, per_second) in enumerate(OTHERS_PER_SECOND.items()):
                times = _measure(world, sell, webhooks, FIRST_RECORD + place * 100_000, per_second)
                rows.append((title, load, webhooks, *(pick(times, share) for share in (0.5, 0.95, 0.99)), times[-1]))
    print(f"Default settings. Webkassa and Altegio answer after {latency_ms:g} ms each.\n")
    print(show_table(["", "", "webhooks", "p50 ms", "p95 ms", "p99 ms", "max ms"], rows), end="\n\n")


def run_written_back(visits: int, latency_ms: float = 50.0) -> None:
    """From a receipt that is issued until its visit in Altegio names it, with WRITE_BACK=comment."""
    with _open_world(latency_ms, is_asked=True, environment={"WRITE_BACK": "comment"}) as world:
        with requests.Session() as http:
            times = sorted(_wait_for_line(http, world, FIRST_RECORD + place) for place in range(visits))
        undone = len(world.altegio.state()["overwritten"])
    shares = (f"{pick(times, share):.2f}" for share in (0.5, 0.95, 0.99, 1.0))
    row = (visits, *shares, sum(seconds <= SOON_SECONDS for seconds in times), undone)
    print(f"Webkassa and Altegio answer after {latency_ms:g} ms each; {PAUSE_OF_WRITES_SECONDS:g} s between the visits.\n")
    heads = ["visits", "p50 s", "p95 s", "p99 s", "max s", f"within {SOON_SECONDS:.0f} s", "edits undone"]
    print(show_table(heads, [row]), end="\n\n")


def _wait_for_line(http: requests.Session, world: BenchWorld, number: int) -> float:
    """Of one visit, paid and told."""
    _book(world, number)
    issue(http, world, _sell_and_tell, number)
    issued_at = time.monotonic()
    wait_until(partial(_is_named, world, number), timeout=PATIENCE_SECONDS, what=f"the line of {number}", poll=0.02)
    seconds = time.monotonic() - issued_at
    time.sleep(PAUSE_OF_WRITES_SECONDS)
    return seconds


def _is_named(world: BenchWorld, number: int) -> bool:
    return "Чек Webkassa" in world.altegio.find_record(number, company_of(number))["comment"]


@contextmanager
def _open_world(latency_ms: float, *, is_asked: bool, environment: Mapping[str, str] | None = None) -> Iterator[BenchWorld]:
    """The whole service, and salons that Altegio knows. `environment`: what is not as it is by default."""
    with (
        work_folder("dev.bench") as folder,
        BenchWorld(folder, environment, latency_ms=latency_ms, asks_altegio=is_asked, postgres=POSTGRES_SETTINGS) as world,
    ):
        world.migrate()
        world.altegio.process.start()
        for number in range(SALONS):
            world.altegio.open(company_of(number))
        world.stack.start("api")
        world.start_simulator(SALONS, latency_ms)
        world.add_salons(SALONS)
        world.start_worker()
        world.stack.add_beat().start()
        yield world


def _measure(world: BenchWorld, sell: Sell, webhooks: int, first: int, others_per_second: float) -> list[float]:
    """One sale at a time, in fifty salons by turns; the others go to the same."""
    ended = threading.Event()
    others = threading.Thread(target=_post_steadily, args=(world.stack.webhook_url, others_per_second, ended))
    if others_per_second:
        others.start()
    times = []
    try:
        with requests.Session() as http:
            for number in range(first, first + webhooks):
                _book(world, number)
                times.append(time_ms(partial(issue, http, world, sell, number)))
                time.sleep(PAUSE_SECONDS)
    finally:
        ended.set()
        if others_per_second:
            others.join()
    return sorted(times)


def _book(world: BenchWorld, number: int) -> None:
    """Altegio knows the visit and its payment before it posts anything."""
    world.altegio.apply(make_body(number, company_of(number)), make_payment(number, company_of(number)))


def sell_visit(http: requests.Session, world: BenchWorld, number: int) -> None:
    """Posts a paid visit."""
    post(http, world.stack.webhook_url, make_body(number, company_of(number)))


def _sell_and_tell(http: requests.Session, world: BenchWorld, number: int) -> None:
    sell_visit(http, world, number)
    post(http, world.stack.webhook_url, make_payment(number, company_of(number)))


def issue(http: requests.Session, world: BenchWorld, sell: Sell, number: int) -> None:
    """Sells, and returns once the receipt is issued."""
    sell(http, world, number)
    wait_until(
        partial(_is_issued, http, world.stack, number),
        timeout=PATIENCE_SECONDS,
        what=f"the receipt of {number}",
        poll=0.005,
    )


def _is_issued(http: requests.Session, stack: Stack, record: int) -> bool:
    status = f"{stack.api_url}/api/webhook/status/{record}?resource=record"
    receipt = http.get(status, headers={"X-Webhook-Secret": stack.secret}, timeout=10).json()["receipt"]
    return receipt is not None and receipt["state"] == "issued"


def post(http: requests.Session, url: str, body: dict[str, Any]) -> None:
    """Raises HTTPError unless it was acknowledged."""
    http.post(url, data=encode(body), timeout=10).raise_for_status()


def _post_steadily(url: str, per_second: float, ended: threading.Event) -> None:
    number = FIRST_RECORD * 2
    with requests.Session() as http:
        while not ended.wait(1 / per_second):
            number += 1
            post(http, url, make_body(number, company_of(number * 7), paid=False))
