"""The use cases in this process, against the real database, broker and simulator: what a worker does, step by step."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import redis
from sqlalchemy import Select, func, select, text, update

from api.webhook.ingress import Reply
from dev.demo.waiting import wait_until
from dev.harness import services as harness
from dev.harness.services import Inlet, close_all_but_database, close_services
from shared.config import Settings
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, RecordState
from shared.storage.db import open_alone
from shared.storage.models import Cashbox, CashboxOrder, FiscalizationLog, PaymentRecord, Receipt, Shift, WebhookRecord
from tests.support.databases import EMPTY_ALL
from worker.altegio.limits import Window
from worker.decide.process_record import process_record
from worker.decide.resolution import Resolution
from worker.issue.issue_due import issue_due
from worker.services import Services, create_services

MAX_ROUNDS = 12

# Altegio's own limit would hold a test up for a second after each four calls.
UNHURRIED = (Window(10_000, 1.0, background=10_000),)
# A simulator's history has a document at once, unless a test says otherwise.
LOOKUP_PAUSE = 0.02

# No list of attempts to wait for in real time: what a test waits for, it lets pass itself.
IMPATIENT = {
    "goods_wait_seconds": 0,
    "payment_wait_seconds": 0,
    "altegio_patience_seconds": 0,
    "webkassa_connect_timeout": 2,
    "webkassa_read_timeout": 1,
}


# What the steps below ask time and again, built once.
_CASHBOXES = select(Cashbox.id).order_by(Cashbox.id)
_DUE_ROWS = (
    select(WebhookRecord.id)
    .where(WebhookRecord.state == RecordState.RECEIVED, WebhookRecord.receipt_id.is_(None))
    .order_by(WebhookRecord.id)
)


def read_settings(environment: Mapping[str, str], **changes: Any) -> Settings:
    """The settings a process with that environment would have, though an impatient one."""
    return _read_once(tuple(environment.items()), tuple({**IMPATIENT, **changes}.items())).model_copy()


@lru_cache
def _read_once(environment: tuple[tuple[str, str], ...], changes: tuple[tuple[str, Any], ...]) -> Settings:
    """They take longer to validate than a small test does to run."""
    return harness.read_settings(dict(environment), **dict(changes))


class Bridge:
    """One database seen by as many workers (`Services`) as a test wants; `services` is the first of them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._opened: list[Services] = []
        self.services = self.open_services()
        self._inlet: Inlet | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """Of a process that works for the same database."""
        return self._environment

    def open_services(self, **changes: Any) -> Services:
        """A worker of its own: token, breaker, producer. Closed with the bridge.

        Connections to the same database come from one pool: with one of its own it would compile all statements anew, which
        costs more than most tests do.
        """
        is_same_database = bool(self._opened) and "database_url" not in changes
        sessions = self._opened[0].sessions if is_same_database else None
        services = create_services(read_settings(self._environment, **changes), sessions, altegio_windows=UNHURRIED)
        services = replace(services, lookup_pause=LOOKUP_PAUSE)
        self._opened.append(services)
        return services

    def configure(self, **changes: Any) -> None:
        """From now on `services` is a worker with these settings."""
        self.services = self.open_services(**changes)

    def close(self) -> None:
        if self._inlet is not None:
            self._inlet.close()
        while self._opened:
            self._close_newest()

    def _close_newest(self) -> None:
        services = self._opened.pop()
        is_last_of_database = all(other.sessions is not services.sessions for other in self._opened)
        (close_services if is_last_of_database else close_all_but_database)(services)

    def wipe(self) -> None:
        """An empty database and broker, and only the first worker."""
        while len(self._opened) > 1:
            self._close_newest()
        self.services = self._opened[0]
        with self.services.sessions.begin() as session:
            session.connection().exec_driver_sql(EMPTY_ALL)
        # A test before may have had it away, and who meets that leaves it alone for a moment.
        wait_until(self._empty_broker, timeout=30, what="Redis to be asked again", poll=0.05)
        self.services.clients.close()

    def _empty_broker(self) -> bool:
        try:
            return bool(self.services.redis.flushdb())
        except redis.ConnectionError:
            return False

    # --- in: what Altegio posts

    def accept(self, payload: Any) -> Reply:
        """Bytes as they are, anything else as JSON; through the ingress, committed when it returns."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        if self._inlet is None:
            self._inlet = Inlet(self.services.settings)
        return self._inlet.accept(raw, "test")

    @contextmanager
    def open_inlet(self, published: list[int] | None = None, **options: float) -> Iterator[Inlet]:
        """An ingress of its own; ids it would publish are added to `published`. `patience=` is the writer's."""
        collected = published if published is not None else []
        inlet = Inlet(self.services.settings, lambda rows: collected.extend(row_id for row_id, _ in rows), **options)
        try:
            yield inlet
        finally:
            inlet.close()

    # --- work: what a worker does

    def decide(self, row_id: int) -> Resolution | None:
        return process_record(self.services, row_id)

    def decide_open(self) -> None:
        """Every stored delivery that is due, oldest first, until none is left."""
        for _ in range(MAX_ROUNDS):
            ids = self._find_due_rows()
            if not ids:
                return
            for row_id in ids:
                self.decide(row_id)
        raise AssertionError(f"still undecided: {self._find_due_rows()}")

    def take_up_settings(self) -> None:
        """What managers have changed holds from the next task on, as in a worker whose seconds are over."""
        self.services.live.refresh()
        self.services = self.services.in_force()

    def issue(self) -> None:
        """One turn at every cashbox."""
        for cashbox_id in self._ids(_CASHBOXES):
            issue_due(self.services, cashbox_id)

    def deliver(self, *payloads: Any) -> list[WebhookRecord]:
        """Accepted, decided and issued, one after another. The rows, in the order of their ids."""
        for payload in payloads:
            self.accept(payload)
            self.decide_open()
            self.issue()
        return self.rows()

    def pass_time(self) -> None:
        """All waiting is over: retries are due, cashboxes rested, nothing rests in an open breaker's shadow.

        Leases and pauses stay: whoever holds something holds it.
        """
        with self.services.sessions.begin() as session:
            session.execute(update(Cashbox).values(rest_until=None))
            session.execute(
                update(Receipt)
                .where(Receipt.state.in_(OPEN_RECEIPT_STATES), Receipt.next_attempt_at.is_not(None))
                .values(next_attempt_at=func.now())
            )
            session.execute(
                update(WebhookRecord)
                .where(WebhookRecord.state.in_(OPEN_RECORD_STATES), WebhookRecord.next_attempt_at.is_not(None))
                .values(next_attempt_at=func.now())
            )

    def settle(self) -> None:
        """Time passes and workers look again until nothing is open."""
        for _ in range(MAX_ROUNDS):
            if not self._is_any_open():
                return
            self.pass_time()
            self.decide_open()
            self.issue()
        raise AssertionError(f"still open: {[(r.id, r.state, r.error_text) for r in self.receipts()]}")

    # --- out: what is in the tables

    def rows(self) -> list[WebhookRecord]:
        return self._all(select(WebhookRecord).order_by(WebhookRecord.id))

    def row(self, row_id: int = 1) -> WebhookRecord:
        return self._get(WebhookRecord, row_id)

    def receipts(self) -> list[Receipt]:
        return self._all(select(Receipt).order_by(Receipt.id))

    def receipt(self, receipt_id: int = 1) -> Receipt:
        return self._get(Receipt, receipt_id)

    def shifts(self) -> list[Shift]:
        return self._all(select(Shift).order_by(Shift.cashbox_id, Shift.number, Shift.id))

    def orders(self) -> list[CashboxOrder]:
        return self._all(select(CashboxOrder).order_by(CashboxOrder.id))

    def payments(self) -> list[PaymentRecord]:
        return self._all(select(PaymentRecord).order_by(PaymentRecord.id))

    def logs(self, operation: str | None = None) -> list[FiscalizationLog]:
        found: list[FiscalizationLog] = self._all(select(FiscalizationLog).order_by(FiscalizationLog.id))
        return [log for log in found if operation in (None, log.operation)]

    def outcomes(self, operation: str = "check") -> list[str]:
        """Of the calls of one kind, in order."""
        return [log.outcome for log in self.logs(operation)]

    def cashbox(self) -> Cashbox:
        return self._get(Cashbox, 1)

    def execute(self, statement: str, **values: Any) -> None:
        with self.services.sessions.begin() as session:
            session.execute(text(statement), values)

    def scalar(self, statement: str, **values: Any) -> Any:
        with self.services.sessions() as session:
            return session.scalar(text(statement), values)

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """What lies in a queue of the broker, newest first."""
        raw: Sequence[bytes] = self.services.redis.lrange(queue, 0, -1)
        return [json.loads(message) for message in raw]

    def _find_due_rows(self) -> list[int]:
        return self._ids(_DUE_ROWS)

    def _is_any_open(self) -> bool:
        open_receipts = select(func.count()).where(
            Receipt.state.in_(OPEN_RECEIPT_STATES), Receipt.next_attempt_at.is_not(None)
        )
        with self.services.sessions() as session:
            return bool(session.scalar(open_receipts)) or bool(self._find_due_rows())

    def _ids(self, query: Select[tuple[int]]) -> list[int]:
        with open_alone(self.services.sessions) as connection:
            return list(connection.scalars(query))

    def _all(self, query: Any) -> list[Any]:
        with self.services.sessions() as session:
            return list(session.scalars(query))

    def _get(self, model: Any, number: int) -> Any:
        with self.services.sessions() as session:
            return session.get_one(model, number)
