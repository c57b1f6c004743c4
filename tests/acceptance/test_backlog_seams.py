"""Crash points of a backlog: at most one receipt has to be asked for, the order is kept, and none is doubled.

As in `test_seams`, nothing of the product is patched.
"""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from dev.demo.postgres_server import Postgres
from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.payloads import visit
from tests.support.stack import Stack

SETTINGS = {
    "LEASE_SECONDS": "5",
    "WEBKASSA_CONNECT_TIMEOUT": "1",
    "WEBKASSA_READ_TIMEOUT": "25",
    "DISPATCH_INTERVAL_SECONDS": "0.5",
    "RETRY_BASE_SECONDS": "0.5",
}
# The first one's call gives the others time to gather.
OPENER, *WAITING = RECORDS = (1000, 1001, 1002, 1003)


class Backlog:
    def __init__(self, engine: Engine, simulator: SimulatorControl) -> None:
        self._engine, self._simulator = engine, simulator

    def read(self, column: str) -> list[object]:
        """Of every receipt, oldest first."""
        with self._engine.connect() as connection:
            return list(connection.execute(text(f"SELECT {column} FROM receipts ORDER BY id")).scalars())

    def gather(self, service: Stack, *, when: str, seconds: float) -> None:
        """Returns with the second receipt's call held, and others behind it."""
        self._simulator.fault(operation="check", kind="slow", when="after", seconds=4)
        service.post(visit(OPENER))
        self._await_hit(0)
        self._simulator.fault(operation="check", kind="slow", when=when, seconds=seconds, linger=True)
        service.post([visit(record) for record in WAITING])
        wait_until(lambda: len(self.read("id")) == len(RECORDS), timeout=20, what="the decisions")
        self._await_hit(1)
        assert self.count_under_way() == 1
        assert self.read("state") == ["issued", "pending", "pending", "pending"]

    def count_under_way(self) -> int:
        return sum(moment is not None for moment in self.read("sending_since"))

    def await_issued(self) -> None:
        wait_until(lambda: set(self.read("state")) == {"issued"}, timeout=40, what="the receipts to be issued")

    def await_answered(self) -> None:
        """The second call is over; its answer is with the worker, or was lost with it."""
        wait_until(lambda: self._simulator.journal("check")[1]["outcome"] == "data", timeout=20, what="the answer to leave")

    def assert_issued_once(self) -> None:
        """In the order in which they were due, and sent no more than once each."""
        ledger = self._simulator.receipts()
        numbers = self.read("external_check_number")
        assert [row["external_check_number"] for row in ledger] == numbers
        assert [row["check_number"] for row in ledger] == self.read("fiscal_number")
        sent = [entry["body"]["ExternalCheckNumber"] for entry in self._simulator.journal("check")]
        assert sent == numbers
        assert self._simulator.state()["overlaps"] == 0
        assert self.count_under_way() == 0
        with self._engine.connect() as connection:
            left = connection.scalar(text("SELECT count(*) FROM fiscalization_logs WHERE outcome = 'pending'"))
        assert left == 0

    def _await_hit(self, fault: int) -> None:
        wait_until(lambda: self._simulator.faults()[fault]["hits"], timeout=20, what="the call to be held")


@pytest.fixture
def backlog(database_url: str, simulator: SimulatorControl) -> Iterator[Backlog]:
    engine = create_engine(database_url, poolclass=NullPool)
    yield Backlog(engine, simulator)
    engine.dispose()


def test_killed_with_a_call_in_flight(stack: Callable[..., Stack], backlog: Backlog) -> None:
    """The register records it after its caller has died; of the others none was announced."""
    service = stack(env=SETTINGS)
    backlog.gather(service, when="before", seconds=2)
    service.kill("worker")
    assert backlog.count_under_way() == 1

    service.start("worker")

    backlog.await_issued()
    backlog.assert_issued_once()
    assert backlog.read("lookups") == [0, 1, 0, 0]


def test_killed_with_an_answer_in_its_hands(stack: Callable[..., Stack], backlog: Backlog, postgres: Postgres) -> None:
    """The database hangs, so the outcome is not saved, and nothing else leaves without it."""
    service = stack(env=SETTINGS)
    backlog.gather(service, when="after", seconds=3)
    postgres.pause()
    backlog.await_answered()
    service.kill("worker")
    postgres.resume()
    assert backlog.count_under_way() == 1

    service.start("worker")

    backlog.await_issued()
    backlog.assert_issued_once()
    assert backlog.read("lookups") == [0, 1, 0, 0]


def test_the_database_restarts_under_a_call(stack: Callable[..., Stack], backlog: Backlog, postgres: Postgres) -> None:
    """The worker lives on, and knows of no outcome that it could not save."""
    service = stack(env=SETTINGS)
    backlog.gather(service, when="after", seconds=3)
    postgres.kill()
    backlog.await_answered()
    postgres.start()

    backlog.await_issued()

    backlog.assert_issued_once()


def test_a_frozen_worker_sends_no_other(stack: Callable[..., Stack], backlog: Backlog) -> None:
    """Overtaken while it was frozen in a call, woken with the answer after which the next one would leave."""
    service = stack(workers=2, env=SETTINGS)
    service.kill("worker-2")
    backlog.gather(service, when="before", seconds=1)
    service.pause("worker")
    service.start("worker-2")
    backlog.await_issued()

    service.resume("worker")

    service.wait_for(lambda: "cashbox was taken over" in service.logs["worker"], 20, "the worker to end its turn")
    backlog.assert_issued_once()
