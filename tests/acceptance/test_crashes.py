"""Processes and servers die, hang and come back; every due visit still gets its one receipt."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from sqlalchemy import make_url, text

from dev.demo.children import beat_command
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.harness.child import Child
from dev.harness.simulator import SimulatorControl
from tests.support.payloads import visit
from tests.support.stack import Stack

# Altegio gives up after ten seconds; an answer that waits for a hung broker would take two at least.
QUICK_SECONDS = 1.5


@pytest.fixture
def ledger(simulator_process: SimulatorControl) -> SimulatorControl:
    """Not emptied between the tests of this file."""
    return simulator_process


def assert_one_receipt_each(service: Stack, ledger: SimulatorControl, *numbers: int, timeout: float = 90.0) -> None:
    for number in numbers:
        status = service.wait_for_state(number, "processed", timeout=timeout)
        theirs = ledger.receipts(f"altegio_{number}")
        assert [item["check_number"] for item in theirs] == [status["receipt"]["fiscal_number"]]


def post_timed(service: Stack, *numbers: int) -> float:
    """Seconds of the slowest answer; all are 200."""
    slowest = 0.0
    for number in numbers:
        started = time.monotonic()
        assert service.post(visit(number)).status_code == 200
        slowest = max(slowest, time.monotonic() - started)
    return slowest


def allow(before: float) -> float:
    """How long an answer may take where one took `before` seconds with everything up."""
    return max(QUICK_SECONDS, before * 20)


def test_the_worker_is_killed_between_two_webhooks(service: Stack, ledger: SimulatorControl) -> None:
    service.post(visit(3001))
    service.kill("worker")
    service.post(visit(3002))
    service.start("worker")
    assert_one_receipt_each(service, ledger, 3001, 3002)


def test_the_worker_is_killed_during_a_slow_call(service: Stack, ledger: SimulatorControl, postgres: Postgres) -> None:
    """The register goes on and records the receipt although its client is gone."""
    ledger.fault(operation="check", kind="slow", when="before", seconds=3, linger=True)
    service.post(visit(3011))
    service.wait_for(lambda: ledger.faults()[0]["hits"], what="the call to arrive")
    service.kill("worker")
    # The next worker waits for this lease and for nothing else.
    with postgres.connect(str(make_url(service.environment["DATABASE_URL"]).database)) as connection:
        left = connection.scalar(
            text("SELECT extract(epoch FROM lease_until - now()) FROM cashboxes WHERE claim_id IS NOT NULL")
        )
    assert 0 < left <= int(service.environment["LEASE_SECONDS"])
    service.start("worker")
    assert_one_receipt_each(service, ledger, 3011)
    assert len(ledger.receipts("altegio_3011")) == 1
    ours = [entry for entry in ledger.journal("check") if entry["body"]["ExternalCheckNumber"] == "altegio_3011"]
    assert len(ours) == 1


def test_the_worker_is_stopped_in_an_orderly_way_during_a_call(service: Stack, ledger: SimulatorControl) -> None:
    """A deployment: the running call gets to its end."""
    ledger.fault(operation="check", kind="slow", when="before", seconds=1.5)
    service.post(visit(3021))
    service.wait_for(lambda: ledger.faults()[0]["hits"], what="the call to arrive")
    service.stop("worker")
    assert service.status(3021)["receipt"]["state"] == "issued"
    service.start("worker")
    assert_one_receipt_each(service, ledger, 3021)


def test_redis_is_killed(service: Stack, ledger: SimulatorControl, redis_server: Redis) -> None:
    before = post_timed(service, 3040)
    redis_server.kill()
    assert post_timed(service, 3041, 3042, 3043) < allow(before)
    assert service.get("/health/ready").json()["status"] == "degraded"
    redis_server.start()
    service.wait_for(lambda: service.get("/health/ready").json()["status"] == "ok", what="the broker to be seen again")
    assert_one_receipt_each(service, ledger, 3040, 3041, 3042, 3043)
    # And messages work again, not the dispatcher alone: without the clock that wakes it.
    service.stop("beat")
    assert post_timed(service, 3044) < allow(before)
    assert_one_receipt_each(service, ledger, 3044)
    service.start("beat")


def test_messages_are_lost_in_three_ways(service: Stack, ledger: SimulatorControl, redis_server: Redis) -> None:
    """Redis hangs, Redis is wiped, the API is killed right after its answers; then one wait for all of it."""
    answer_while_redis_hangs(service, redis_server, range(3051, 3062))
    wipe_redis_with_messages_in_it(service, range(3071, 3076))
    kill_api_after_its_answers(service, range(3031, 3041))
    assert_one_receipt_each(service, ledger, *range(3051, 3062), *range(3071, 3076), *range(3031, 3041))


def answer_while_redis_hangs(service: Stack, redis_server: Redis, numbers: Sequence[int]) -> None:
    before = post_timed(service, numbers[0])
    log = service.children["api"].log
    noticed = log.read_text("utf-8").count("broker is away")
    redis_server.pause()
    try:
        during = post_timed(service, *numbers[1:6])
        service.wait_for(lambda: log.read_text("utf-8").count("broker is away") > noticed, what="the API to notice")
        during = max(during, post_timed(service, *numbers[6:]))
    finally:
        redis_server.resume()
    assert during < allow(before)


def wipe_redis_with_messages_in_it(service: Stack, numbers: Sequence[int]) -> None:
    service.wait_for(lambda: service.get("/health/ready").json()["status"] == "ok", what="the broker to be seen again")
    service.pause("worker")
    assert service.post([visit(number) for number in numbers]).status_code == 200
    with redis.Redis.from_url(service.environment["REDIS_URL"], socket_timeout=5) as broker:
        broker.flushall()
    service.resume("worker")


def kill_api_after_its_answers(service: Stack, numbers: Sequence[int]) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: service.post(visit(number)), numbers))
    service.kill("api")
    assert {answer.status_code for answer in answers} == {200}
    service.start("api")


def test_postgres_is_stopped(service: Stack, ledger: SimulatorControl, postgres: Postgres) -> None:
    service.post(visit(3081))
    postgres.stop()
    try:
        answer = service.post(visit(3082))
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["success"] is False
        assert service.get("/api/webhook/status/3081").status_code == 503
        assert service.get("/health").status_code == 200
        ready = service.get("/health/ready")
        assert (ready.status_code, ready.json()["database"]) == (503, "unavailable")
        assert service.get("/metrics").status_code == 200
    finally:
        postgres.start()
    service.wait_for(lambda: service.post(visit(3082)).status_code == 200, what="webhooks to be taken again")
    assert_one_receipt_each(service, ledger, 3081, 3082)


def test_postgres_is_killed_under_load(service: Stack, ledger: SimulatorControl, postgres: Postgres) -> None:
    """Whatever was answered with 200 has its receipt; the rest was told to repeat."""
    numbers = list(range(3091, 3111))
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda number: (number, service.post(visit(number)).status_code), numbers)
        postgres.kill()
        codes = dict(answers)
    postgres.start()
    assert set(codes.values()) <= {200, 503}
    for number, code in codes.items():
        if code == 503:
            service.wait_for(lambda n=number: service.post(visit(n)).status_code == 200, what="webhooks to be taken again")
    assert_one_receipt_each(service, ledger, *numbers)


def test_webkassa_is_away_for_a_while(service: Stack, ledger: SimulatorControl) -> None:
    numbers = range(3111, 3118)
    ledger.process.kill()
    service.post([visit(number) for number in numbers])
    # Whichever was decided first: the cashbox rests, and the others are not tried.
    service.wait_for(
        lambda: any(service.status(number)["state"] == "retrying" for number in numbers), what="an attempt to fail"
    )
    ledger.process.start()
    assert_one_receipt_each(service, ledger, *numbers, timeout=180)


def test_two_beats(service: Stack, ledger: SimulatorControl, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("beat")
    second = Child(
        "beat-2", beat_command(folder / "schedule"), service.environment, folder, lambda text: " is starting" in text
    )
    try:
        second.start()
        service.post([visit(number) for number in range(3121, 3131)])
        assert_one_receipt_each(service, ledger, *range(3121, 3131))
        # A refused receipt's letter is sent by a tick, so the second one shows that ticks went on after the first.
        before = read_dead_letters(service)
        for number in (3131, 3132):
            ledger.fault(operation="check", kind="code", code=8)
            row_id = service.post(visit(number)).json()["record_id"]
            service.wait_for(lambda r=row_id: r in read_dead_letters(service), what="the dead letter")
            before.append(row_id)
        assert sorted(read_dead_letters(service)) == sorted(before)
    finally:
        second.kill()


def read_dead_letters(service: Stack) -> list[int]:
    with redis.Redis.from_url(service.environment["REDIS_URL"], socket_timeout=5) as broker:
        letters = [json.loads(letter) for letter in broker.lrange("dead_letter", 0, -1)]
    return [int(letter["headers"]["argsrepr"].strip("[](),")) for letter in letters]


def test_the_ledger_holds_what_was_due_and_nothing_else(service: Stack, ledger: SimulatorControl) -> None:
    """Runs last: every receipt of the tests above, once."""
    numbers = [item["external_check_number"] for item in ledger.receipts()]
    assert len(numbers) == len(set(numbers))
    assert {item["total"] for item in ledger.receipts()} == {"4000.00"}
