"""Reads gauges from the tables: one truth for all workers, also after one was killed.

Each question reads an index of open or recent rows, so that a scrape costs the same after three years as on the first day.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Integer, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from api.health import find_oldest_open_age
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, CallOutcome, ReceiptState, RecordState
from shared.storage.models import AltegioLook, Cashbox, FiscalizationLog, Receipt, Round, WebhookRecord

# A shift is over after 24 hours by law; older receipts say nothing about the one that is open.
_SHIFT_WINDOW = timedelta(days=3)


def read_database(session: Session) -> Iterator[Metric]:
    """Yields every gauge that the tables tell. Raises SQLAlchemyError."""
    yield _gauge(
        "oldest_open_row_seconds",
        "Age of the oldest delivery or receipt that is still being worked on.",
        find_oldest_open_age(session),
    )
    yield _gauge(
        "oldest_due_receipt_seconds",
        "How long the oldest receipt that is due and not given up has waited for its fiscal number.",
        session.scalar(_oldest_due_age()),
    )
    dead = select(func.count()).where(WebhookRecord.state == RecordState.DEAD_LETTERED)
    yield _gauge("dead_letters", "Deliveries that wait for a person.", session.scalar(dead))
    for name, text, labels, question in _counts():
        yield _family(name, text, labels, session.execute(question))


def _counts() -> Iterator[tuple[str, str, list[str], Select[*tuple[Any, ...]]]]:
    """Name, help, labels, and a question whose rows are the labels' values and the number."""
    yield (
        "open_deliveries",
        "Deliveries that workers owe a decision.",
        ["state"],
        select(WebhookRecord.state, func.count())
        .where(WebhookRecord.state.in_(OPEN_RECORD_STATES), WebhookRecord.receipt_id.is_(None))
        .group_by(WebhookRecord.state),
    )
    yield (
        "open_receipts",
        "Receipts without an outcome.",
        ["state"],
        select(Receipt.state, func.count()).where(Receipt.state.in_(OPEN_RECEIPT_STATES)).group_by(Receipt.state),
    )
    yield (
        "receipts_last_day",
        "Receipts of the last 24 hours by what became of them.",
        ["kind", "state"],
        select(Receipt.kind, Receipt.state, func.count())
        .where(Receipt.created_at > func.now() - timedelta(days=1))
        .group_by(Receipt.kind, Receipt.state),
    )
    yield (
        "webkassa_calls_last_hour",
        "Calls that named a cashbox in the last hour, from the log of calls, whichever worker made them.",
        ["call", "outcome"],
        select(FiscalizationLog.operation, FiscalizationLog.outcome, func.count())
        .where(FiscalizationLog.created_at > func.now() - timedelta(hours=1))
        .group_by(FiscalizationLog.operation, FiscalizationLog.outcome),
    )
    yield (
        "altegio_look_age_seconds",
        "How long ago the changes of a salon were last read from Altegio, by what was read.",
        ["company", "what"],
        select(
            cast(AltegioLook.company_id, Text),
            AltegioLook.what,
            _age(AltegioLook.looked_until),
        ),
    )
    yield (
        "round_age_seconds",
        "How long ago a round was last begun, by beat's tick or by a worker that missed it.",
        ["round"],
        select(Round.name, func.extract("epoch", func.now() - Round.began_at)),
    )
    yield (
        "tick_age_seconds",
        "How long ago beat last asked for a round.",
        ["round"],
        select(Round.name, func.extract("epoch", func.now() - Round.ticked_at)).where(Round.ticked_at.is_not(None)),
    )
    yield (
        "cashbox_shift_age_seconds",
        "Time since the first receipt of the shift that is open.",
        ["cashbox"],
        _shift_ages(),
    )
    yield (
        "cashbox_paused",
        "1 while sales of a cashbox are held back.",
        ["cashbox"],
        select(Cashbox.unique_number, cast(Cashbox.paused_since.is_not(None), Integer)),
    )


def _age(moment: Any) -> Any:
    """In seconds. Of seconds: times without end cannot be subtracted before PostgreSQL 17, and one would fail a scrape."""
    return func.extract("epoch", func.now()) - func.extract("epoch", moment)


def _oldest_due_age() -> Select[float]:
    """Those given up have no next attempt; `budget_starts_at` counts anew from a replay."""
    oldest = select(_age(func.min(Receipt.budget_starts_at)))
    return oldest.where(Receipt.state.in_(OPEN_RECEIPT_STATES), Receipt.next_attempt_at.is_not(None))


def _shift_ages() -> Select[*tuple[Any, ...]]:
    """As far as our own receipts tell: the newest shift of a cashbox, unless its Z-report came after its last receipt."""
    shift = (
        select(
            Receipt.cashbox_id,
            func.min(Receipt.issued_at).label("first"),
            func.max(Receipt.issued_at).label("last"),
        )
        .where(
            Receipt.created_at > func.now() - _SHIFT_WINDOW,
            Receipt.state == ReceiptState.ISSUED,
            Receipt.shift_number.is_not(None),
        )
        .group_by(Receipt.cashbox_id, Receipt.registration_number, Receipt.shift_number)
        .subquery()
    )
    newest = select(shift).ext(distinct_on(shift.c.cashbox_id)).order_by(shift.c.cashbox_id, shift.c.last.desc()).subquery()
    z_report = select(FiscalizationLog.id).where(
        FiscalizationLog.cashbox_id == newest.c.cashbox_id,
        FiscalizationLog.operation == "z_report",
        FiscalizationLog.outcome == CallOutcome.ISSUED,
        FiscalizationLog.finished_at > newest.c.last,
    )
    return (
        select(Cashbox.unique_number, _age(newest.c.first))
        .join(newest, newest.c.cashbox_id == Cashbox.id)
        .where(~z_report.correlate(newest).exists())
    )


def _gauge(name: str, text: str, value: float | None) -> Metric:
    return _family(name, text, [], [(value or 0,)])


def _family(name: str, text: str, labels: list[str], rows: Iterable[tuple[Any, ...]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for *values, number in rows:
        family.add_metric([str(value) for value in values], float(number))
    return family
