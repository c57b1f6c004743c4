"""Crash points, placed by hand: the service dies between two given steps of one receipt, and it is still issued once.

Nothing of the product is patched. What holds a process at a seam is the simulator (an answer that takes its time), or a
server that was stopped or frozen. The fast settings of `SHORT` change how long things take, not what is done.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.payloads import visit
from tests.support.stack import Stack

LEASE_SECONDS = 5
# What issue 3 grants for a takeover, and the start of a new process on a busy machine.
TAKEOVER_SECONDS = LEASE_SECONDS + 15.0
SHORT = {
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "WEBKASSA_CONNECT_TIMEOUT": "1",
    "WEBKASSA_READ_TIMEOUT": "3",
    "DISPATCH_INTERVAL_SECONDS": "0.5",
    "RETRY_BASE_SECONDS": "0.5",
}
# The woken worker finds its answer in time, and believes it.
PATIENT = SHORT | {"WEBKASSA_READ_TIMEOUT": "25"}
RECORD = 1001
NUMBER = f"altegio_{RECORD}"
SCOPES = pytest.mark.parametrize("scope", ["cashbox", "shift"])


class Receipt:
    """The one receipt of a test, as the database knows it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self) -> Mapping[str, Any]:
        with self._engine.connect() as connection:
            return connection.execute(text("SELECT * FROM receipts")).mappings().one()

    def is_issued(self) -> bool:
        with self._engine.connect() as connection:
            return connection.scalar(text("SELECT state FROM receipts")) == "issued"

    def count_deliveries(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM webhook_records")) or 0)


@pytest.fixture
def receipt(database_url: str) -> Iterator[Receipt]:
    engine = create_engine(database_url, poolclass=NullPool)
    yield Receipt(engine)
    engine.dispose()


@pytest.fixture
def service(stack: Callable[..., Stack]) -> Stack:
    return stack(env=SHORT)


@pytest.fixture
def patient_service(stack: Callable[..., Stack]) -> Stack:
    """Its calls may be held long enough to freeze or kill the database under them, on a busy machine too."""
    return stack(env=PATIENT)


def assert_issued_once(simulator: SimulatorControl, receipt: Receipt, *, checks: int = 1) -> None:
    """`checks`: how often the receipt was sent."""
    (row,) = simulator.receipts()
    assert row["external_check_number"] == NUMBER
    assert row["total"] == "4000.00"
    saved = receipt.load()
    assert (saved["state"], saved["fiscal_number"]) == ("issued", row["check_number"])
    assert saved["sending_since"] is None
    assert len(simulator.journal("check")) == checks
    assert simulator.state()["overlaps"] == 0


def hold(simulator: SimulatorControl, operation: str, when: str, seconds: float = 2.0) -> None:
    """The next call of that kind takes its time, and is carried out although its caller is gone."""
    simulator.fault(operation=operation, kind="slow", when=when, seconds=seconds, linger=True)


def await_held(simulator: SimulatorControl) -> None:
    wait_until(lambda: simulator.faults()[0]["hits"], timeout=20, what="the call to be held")


def await_issued(receipt: Receipt, timeout: float = TAKEOVER_SECONDS) -> None:
    wait_until(receipt.is_issued, timeout=timeout, what="the receipt to be issued")


def let_others_log_in(redis_url: str) -> None:
    """Who dies in a login leaves a lock of 40 s, no longer than a lease of 60; with a lease of 5 it would hide it."""
    with redis.Redis.from_url(redis_url) as broker:
        broker.flushdb()


@pytest.mark.parametrize("outage", ["stopped", "hung"])
def test_before_the_commit(
    service: Stack, postgres: Postgres, simulator: SimulatorControl, receipt: Receipt, outage: str
) -> None:
    """Nothing is acknowledged that is not stored; the repeat makes one receipt, whatever became of the first try."""
    end, begin = (postgres.stop, postgres.start) if outage == "stopped" else (postgres.pause, postgres.resume)
    end()
    assert service.post(visit(RECORD), timeout=15).status_code == 503
    begin()

    wait_until(lambda: service.post(visit(RECORD)).status_code == 200, timeout=15, what="a 200")

    await_issued(receipt)
    assert receipt.count_deliveries() == 1
    assert_issued_once(simulator, receipt)


def test_after_the_commit_before_the_message(
    service: Stack, redis_server: Redis, simulator: SimulatorControl, receipt: Receipt
) -> None:
    """No message was ever sent, and the process that knew of the row is gone."""
    redis_server.kill()
    assert service.post(visit(RECORD)).status_code == 200
    service.kill("api")
    redis_server.start()

    await_issued(receipt, timeout=60)

    assert_issued_once(simulator, receipt)


def test_before_the_post(service: Stack, simulator: SimulatorControl, receipt: Receipt, redis_url: str) -> None:
    """Marked as being sent, killed in the login before it: asked for first, then sent."""
    hold(simulator, "authorize", "before")
    service.post(visit(RECORD))
    await_held(simulator)
    service.kill("worker")
    let_others_log_in(redis_url)
    assert simulator.journal("check") == []

    service.start("worker")

    await_issued(receipt)
    assert receipt.load()["lookups"] == 1
    assert_issued_once(simulator, receipt)


def test_during_the_post(service: Stack, simulator: SimulatorControl, receipt: Receipt) -> None:
    """The register records it after its caller has died: found, not sent again."""
    hold(simulator, "check", "before")
    service.post(visit(RECORD))
    await_held(simulator)
    service.kill("worker")
    assert simulator.receipts() == []

    service.start("worker")

    await_issued(receipt)
    assert receipt.load()["lookups"] == 1
    assert_issued_once(simulator, receipt)


@SCOPES
def test_after_the_post_before_the_commit(
    patient_service: Stack, postgres: Postgres, simulator: SimulatorControl, receipt: Receipt, scope: str
) -> None:
    """The answer has arrived, the database hangs, the worker dies with the answer in its hands."""
    simulator.settings(scope=scope)
    hold(simulator, "check", "after", seconds=4)
    patient_service.post(visit(RECORD))
    await_held(simulator)
    postgres.pause()
    wait_until(lambda: simulator.journal("check")[0]["outcome"] == "data", timeout=20, what="the answer to leave")
    patient_service.kill("worker")
    postgres.resume()
    assert not receipt.is_issued()

    patient_service.start("worker")

    await_issued(receipt)
    assert_issued_once(simulator, receipt)


def test_the_database_restarts_before_the_commit(
    patient_service: Stack, postgres: Postgres, simulator: SimulatorControl, receipt: Receipt
) -> None:
    """The worker lives on, without having been able to write down what it was told."""
    hold(simulator, "check", "after", seconds=4)
    patient_service.post(visit(RECORD))
    await_held(simulator)
    postgres.kill()
    wait_until(lambda: simulator.journal("check")[0]["outcome"] == "data", timeout=20, what="the answer to leave")
    postgres.start()

    await_issued(receipt)

    assert_issued_once(simulator, receipt)


def test_after_the_commit_before_the_acknowledgement(
    service: Stack, redis_server: Redis, redis_url: str, simulator: SimulatorControl, receipt: Receipt
) -> None:
    """Issued and saved, but the broker never heard of it: the message comes back, and finds nothing to do."""
    hold(simulator, "check", "after", seconds=1)
    service.post(visit(RECORD))
    await_held(simulator)
    # Not frozen: it would still read the acknowledgement that was written to it meanwhile.
    redis_server.kill()
    await_issued(receipt, timeout=60)
    service.kill("worker")
    redis_server.start()
    with redis.Redis.from_url(redis_url) as broker:
        unacknowledged = broker.zrange("unacked_index", 0, -1)
        assert unacknowledged
        # As if the visibility timeout of 180 s had passed.
        broker.zadd("unacked_index", dict.fromkeys(unacknowledged, 1.0))
        # Who dies while giving messages back leaves a lock of 300 s behind; the dispatcher does not need them.
        broker.delete("unacked_mutex")

        service.start("worker")

        wait_until(lambda: not broker.zcount("unacked_index", 0, 1), timeout=30, what="the messages to come back")
        wait_until(lambda: not broker.hlen("unacked"), timeout=30, what="the messages to be done")
    assert_issued_once(simulator, receipt)


@SCOPES
def test_a_frozen_worker_posts_nothing_when_it_wakes(
    stack: Callable[..., Stack], simulator: SimulatorControl, receipt: Receipt, redis_url: str, scope: str
) -> None:
    """Frozen before its POST, overtaken, woken: its lease has ended, so its call does not leave.

    It would have the same number, which Webkassa knows only where numbers are unique for ever, or within the shift.
    """
    simulator.settings(scope=scope)
    service = stack(workers=2, env=PATIENT)
    service.kill("worker-2")
    hold(simulator, "authorize", "before", seconds=1)
    service.post(visit(RECORD))
    await_held(simulator)
    service.pause("worker")
    let_others_log_in(redis_url)
    service.start("worker-2")
    await_issued(receipt)

    service.resume("worker")

    log = service.children["worker"].log
    wait_until(lambda: "attempt failed" in log.read_text("utf-8"), timeout=20, what="the call that does not leave")
    await_quiet(service)
    assert_issued_once(simulator, receipt)


@pytest.mark.parametrize("settings", [SHORT, PATIENT], ids=["too late for it", "in time for it"])
def test_a_frozen_worker_reads_its_answer_late(
    stack: Callable[..., Stack], simulator: SimulatorControl, receipt: Receipt, settings: Mapping[str, str]
) -> None:
    """Frozen during its POST, overtaken, woken: the receipt was found by the other, and is sent by nobody again."""
    service = stack(workers=2, env=settings)
    service.kill("worker-2")
    hold(simulator, "check", "before", seconds=1)
    service.post(visit(RECORD))
    await_held(simulator)
    service.pause("worker")
    service.start("worker-2")
    await_issued(receipt)

    service.resume("worker")

    await_quiet(service)
    assert_issued_once(simulator, receipt)


def await_quiet(service: Stack) -> None:
    """The woken worker is done with what it was at when it was frozen."""
    words = ("cashbox was taken over", "attempt failed")
    service.wait_for(lambda: any(word in service.logs["worker"] for word in words), 20, "the worker to end its turn")
