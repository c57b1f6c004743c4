"""Empties what is old enough: bodies of webhooks, personal fields, requests and answers of calls, finished alerts.

Fiscal rows stay with all that a return quotes, and so do the keys by which a late duplicate is known. What is still open
(waits for a payment, for a retry, for a person) is kept twice as long: its end may never come. In small transactions that
wait for nobody's row, so that it may run beside the salon's day, twice, or be cut off anywhere.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, Select, Update, and_, case, delete, exists, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute

from shared.clock import almaty_date
from shared.config import Settings
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.logging import get_logger
from shared.storage.db import SessionFactory, allow_long, read_clock
from shared.storage.models import (
    Alert,
    AlertMessage,
    AuditEvent,
    Backup,
    Checkout,
    CustomerMessage,
    FiscalizationLog,
    GoodsLine,
    PrintLayout,
    Receipt,
    StaffSession,
    Visit,
    WebhookRecord,
    WorkerSign,
)
from shared.storage.models.customer.customer_message import MessageState
from worker.cashbox.calls import Z_REPORT

log = get_logger(__name__)

BATCH = 500
# Well below the time limit of a task.
TURN_SECONDS = 45.0

_ENDED = (RecordState.PROCESSED, RecordState.IGNORED, RecordState.INVALID)
_SETTLED = (ReceiptState.ISSUED, ReceiptState.REJECTED)
# Before the reason why the delivery waited.
CLOSED_UNFINISHED = "closed unfinished, too old: "
_PERSONAL_KEYS = ("CustomerEmail", "CustomerPhone", "CustomerXin")


@dataclass(frozen=True, slots=True)
class Limits:
    """Says before when rows and logs have to go, and before when also rows that have not ended: `late`."""

    rows: datetime
    late: datetime
    logs: datetime
    now: datetime

    @classmethod
    def of(cls, settings: Settings, now: datetime) -> "Limits":
        """Returns the limits of the settings at that moment."""
        kept = timedelta(days=settings.retention_days)
        return cls(now - kept, now - 2 * kept, now - timedelta(days=settings.log_retention_days), now)


@dataclass(frozen=True, slots=True)
class _Job:
    """`find`: ids of what has to go, the oldest first; `empty`: what becomes of them."""

    key: InstrumentedAttribute[int]
    find: Callable[[Limits], Select[int]]
    empty: Callable[[], Update | Delete]


def empty_expired(
    sessions: SessionFactory,
    settings: Settings,
    *,
    seconds: float | None = None,
    report: Callable[[Mapping[str, int]], None] | None = None,
) -> Counter[str]:
    """Empties or deletes rows until nothing is left or the time is up, the tables in turns; returns how many by table."""
    ends_at = None if seconds is None else time.monotonic() + seconds
    limits = Limits.of(settings, read_clock(sessions))
    done: Counter[str] = Counter(dict.fromkeys(_JOBS, 0))
    left = dict(_JOBS)
    while left:
        for name, job in list(left.items()):
            if ends_at is not None and time.monotonic() > ends_at:
                log.info("retention goes on at the next turn", **done)
                return done
            count = _empty_batch(sessions, job, limits)
            done[name] += count
            if count < BATCH:
                del left[name]
        if report is not None:
            report(done)
    log.info("retention", **done)
    return done


def count_expired(sessions: SessionFactory, settings: Settings) -> dict[str, int]:
    """Returns what `empty_expired` would do now, by table."""
    limits = Limits.of(settings, read_clock(sessions))
    with sessions() as session:
        allow_long(session)
        return {
            name: session.scalar(select(func.count()).select_from(job.find(limits).order_by(None).subquery())) or 0
            for name, job in _JOBS.items()
        }


def _empty_batch(sessions: SessionFactory, job: _Job, limits: Limits) -> int:
    chosen = job.find(limits).limit(BATCH).with_for_update(skip_locked=True, of=job.key.class_)
    with sessions.begin() as session:
        allow_long(session)
        ids: Sequence[int] = session.scalars(chosen).all()
        if ids:
            session.execute(job.empty().where(job.key.in_(ids)).execution_options(synchronize_session=False))
    return len(ids)


def _find_deliveries(limits: Limits) -> Select[int]:
    return (
        select(WebhookRecord.id)
        .where(
            WebhookRecord.emptied_at.is_(None),
            WebhookRecord.created_at < limits.rows,
            or_(WebhookRecord.state.in_(_ENDED), WebhookRecord.created_at < limits.late),
        )
        .order_by(WebhookRecord.created_at)
    )


def _empty_deliveries() -> Update:
    """Nothing can be decided without the body, so what still waits is closed; what has a receipt shares its fate."""
    waits = and_(
        WebhookRecord.state.not_in(_ENDED),
        or_(WebhookRecord.receipt_id.is_(None), WebhookRecord.state.not_in((RecordState.PROCESSING, RecordState.RETRYING))),
    )
    closed = {
        "state": literal(RecordState.IGNORED.value),
        "reason": func.concat(CLOSED_UNFINISHED, WebhookRecord.reason),
        "next_attempt_at": null(),
        "processed_at": func.now(),
    }
    kept = {name: case((waits, value), else_=getattr(WebhookRecord, name)) for name, value in closed.items()}
    return update(WebhookRecord).values(body=null(), raw_body=None, emptied_at=func.now(), **kept)


def _find_visits(limits: Limits) -> Select[int]:
    """By the day of the visit, and no sooner than what was told of it last."""
    return (
        select(Visit.id)
        .join(WebhookRecord, WebhookRecord.id == Visit.delivery_id)
        .where(
            or_(Visit.client_name.is_not(None), Visit.client_phone.is_not(None)),
            Visit.day < almaty_date(limits.rows),
            WebhookRecord.created_at < limits.rows,
            or_(and_(~Visit.is_open, WebhookRecord.state.in_(_ENDED)), WebhookRecord.created_at < limits.late),
        )
        .order_by(Visit.day)
    )


def _find_checkouts(limits: Limits) -> Select[int]:
    """Voided ones, and those whose receipt exists: a receipt that is still to be made needs the customer's address."""
    is_receipted = exists().where(
        Receipt.company_id == Checkout.company_id,
        or_(Receipt.record_id == Checkout.record_id, Receipt.document_id == Checkout.document_id),
        Receipt.kind == ReceiptKind.SALE,
        Receipt.state == ReceiptState.ISSUED,
    )
    return (
        select(Checkout.id)
        .where(
            or_(
                Checkout.customer_email.is_not(None),
                Checkout.customer_phone.is_not(None),
                Checkout.customer_xin.is_not(None),
            ),
            Checkout.created_at < limits.rows,
            or_(Checkout.voided_at.is_not(None), is_receipted, Checkout.created_at < limits.late),
        )
        .order_by(Checkout.created_at)
    )


def _find_receipts(limits: Limits) -> Select[int]:
    return (
        select(Receipt.id)
        .where(
            or_(*(Receipt.request.has_key(name) for name in _PERSONAL_KEYS)),
            Receipt.created_at < limits.rows,
            or_(
                and_(Receipt.state.in_(_SETTLED), ~_waits_for_person(Receipt.id)),
                Receipt.created_at < limits.late,
            ),
        )
        .order_by(Receipt.created_at)
    )


def _find_calls(limits: Limits) -> Select[int]:
    """Z-reports are fiscal documents themselves, and name nobody."""
    return (
        select(FiscalizationLog.id)
        .outerjoin(Receipt, Receipt.id == FiscalizationLog.receipt_id)
        .where(
            FiscalizationLog.emptied_at.is_(None),
            FiscalizationLog.created_at < limits.logs,
            FiscalizationLog.operation != Z_REPORT,
            or_(
                Receipt.id.is_(None),
                and_(Receipt.state.in_(_SETTLED), ~_waits_for_person(FiscalizationLog.receipt_id)),
                FiscalizationLog.created_at < limits.late,
            ),
        )
        .order_by(FiscalizationLog.created_at)
    )


def _waits_for_person(receipt_id: Any) -> Any:
    return exists().where(WebhookRecord.receipt_id == receipt_id, WebhookRecord.state == RecordState.DEAD_LETTERED)


def _find_sessions(limits: Limits) -> Select[int]:
    return select(StaffSession.id).where(StaffSession.expires_at < limits.now)


def _find_alerts(limits: Limits) -> Select[int]:
    return select(Alert.id).where(Alert.closed_at.is_not(None), Alert.raised_at < limits.rows).order_by(Alert.raised_at)


def _find_messages(limits: Limits) -> Select[int]:
    return select(AlertMessage.id).where(AlertMessage.finished_at.is_not(None), AlertMessage.created_at < limits.rows)


def _find_signs(limits: Limits) -> Select[int]:
    """Of workers that were killed: each has a new name when it starts anew in a new container."""
    return select(WorkerSign.id).where(WorkerSign.seen_at < limits.now - timedelta(days=1))


def _find_backups(limits: Limits) -> Select[int]:
    """The newest stays: it says that there are to be backups."""
    newest = select(func.max(Backup.id)).scalar_subquery()
    return select(Backup.id).where(Backup.created_at < limits.rows, Backup.id != newest).order_by(Backup.created_at)


def _find_goods_lines(limits: Limits) -> Select[int]:
    return select(GoodsLine.id).where(GoodsLine.created_at < limits.rows).order_by(GoodsLine.created_at)


def _find_addresses(limits: Limits) -> Select[int]:
    """Where somebody was is a matter of persons; what was done stays, and the chain does not count on the address."""
    return (
        select(AuditEvent.id)
        .where(AuditEvent.address.is_not(None), AuditEvent.created_at < limits.rows)
        .order_by(AuditEvent.id)
    )


def _find_layouts(limits: Limits) -> Select[int]:
    """Whoever prints later has them fetched anew."""
    return select(PrintLayout.id).where(PrintLayout.created_at < limits.logs).order_by(PrintLayout.id)


def _find_customer_messages(limits: Limits) -> Select[int]:
    """Those that never ended: their receipts were not issued, or nobody is there to send them."""
    is_kept = or_(CustomerMessage.email.is_not(None), CustomerMessage.phone.is_not(None))
    return (
        select(CustomerMessage.id)
        .where(is_kept, CustomerMessage.created_at < limits.rows)
        .order_by(CustomerMessage.created_at)
    )


def _empty_customer_messages() -> Update:
    ended = {"state": MessageState.DROPPED, "lease_until": None, "problem": "too old", "ended_at": func.now()}
    return update(CustomerMessage).values(email=None, phone=None, **ended)


_JOBS: dict[str, _Job] = {
    "webhook_records": _Job(
        WebhookRecord.id,
        _find_deliveries,
        _empty_deliveries,
    ),
    "visits": _Job(Visit.id, _find_visits, lambda: update(Visit).values(client_name=None, client_phone=None, is_open=False)),
    "checkouts": _Job(
        Checkout.id,
        _find_checkouts,
        lambda: update(Checkout).values(customer_email=None, customer_phone=None, customer_xin=None),
    ),
    "receipts": _Job(
        Receipt.id,
        _find_receipts,
        lambda: update(Receipt).values(request=Receipt.request.op("-")(array(_PERSONAL_KEYS))),
    ),
    "fiscalization_logs": _Job(
        FiscalizationLog.id,
        _find_calls,
        lambda: update(FiscalizationLog).values(request={}, response=null(), emptied_at=func.now()),
    ),
    "print_layouts": _Job(PrintLayout.id, _find_layouts, lambda: delete(PrintLayout)),
    "customer_messages": _Job(CustomerMessage.id, _find_customer_messages, _empty_customer_messages),
    "staff_sessions": _Job(StaffSession.id, _find_sessions, lambda: delete(StaffSession)),
    "audit_events": _Job(AuditEvent.id, _find_addresses, lambda: update(AuditEvent).values(address=None)),
    "alerts": _Job(Alert.id, _find_alerts, lambda: delete(Alert)),
    "goods_lines": _Job(GoodsLine.id, _find_goods_lines, lambda: delete(GoodsLine)),
    "worker_signs": _Job(WorkerSign.id, _find_signs, lambda: delete(WorkerSign)),
    "backups": _Job(Backup.id, _find_backups, lambda: delete(Backup)),
    "alert_messages": _Job(AlertMessage.id, _find_messages, lambda: delete(AlertMessage)),
}
