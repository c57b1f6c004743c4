"""Closes the shift of every cashbox at night, by a Z-report.

A tick finds shifts whose time has come, however long ago that was: a worker that was down at the minute of closing closes
late. What is found is checked again by whoever holds the cashbox, so ticks and messages may come twice.
"""

from datetime import datetime
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import func, or_, select, update

from shared.config import Settings
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, ReceiptState
from shared.logging import get_logger
from shared.queue import CLOSE_SHIFT, publish_task
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt, Shift
from worker.alerts import send_alert
from worker.alerts.kinds import SHIFT_UNREADABLE
from worker.alerts.wording import describe
from worker.cashbox.claim import hold_cashbox
from worker.cashbox.failures import rest_or_pause, tell_breaker
from worker.cashbox.shift.check import check_shift
from worker.cashbox.shift.clock import choose_pause, find_close_moment, read_close_time, read_moment
from worker.cashbox.shift.reports import ShiftHasUnknown, close_shift, has_unknown
from worker.cashbox.shift.rows import SCHEDULE, find_open_shift, put_times_right
from worker.issue.issue_due import issue_due
from worker.rounds.watch.open_money import tell_open_money
from worker.services import Services
from worker.webkassa.errors import WebkassaError

log = get_logger(__name__)

_MAX_TEXT = 500
_NOW = select(func.now())
UNKNOWN_OUTCOME = "the outcome of a receipt or of a cash movement is unknown"


def watch_shifts(sessions: SessionFactory, settings: Settings, producer: Celery) -> None:
    """Asks the workers for the Z-reports that are due: one tick. A row that cannot be read stops no other."""
    with sessions.begin() as session:
        put_times_right(session)
        now, rows = session.scalars(_NOW).one(), session.execute(_OPEN_SHIFTS).all()
    due = [row.cashbox_id for row in rows if _is_row_due(sessions, settings, row, now)]
    try:
        for cashbox_id in due:
            publish_task(producer, CLOSE_SHIFT, [cashbox_id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("broker is away, shifts are closed later", error=type(error).__name__)


# Times as numbers: the driver refuses a whole answer for one date that Python does not know.
_OPEN_SHIFTS = (
    select(
        Shift.cashbox_id,
        Shift.number,
        Cashbox.unique_number,
        func.extract("epoch", Shift.opened_at).label("opened_at"),
        func.extract("epoch", Shift.next_close_at).label("next_close_at"),
    )
    .join(Cashbox)
    .where(Shift.closed_at.is_(None), Cashbox.enabled)
    .order_by(Shift.opened_at)
)


def _is_row_due(sessions: SessionFactory, settings: Settings, row: Any, now: datetime) -> bool:
    try:
        next_close_at = None if row.next_close_at is None else read_moment(row.next_close_at)
        return _is_due(settings, read_moment(row.opened_at), next_close_at, now)
    except (ValueError, ArithmeticError) as error:
        log.error("shift cannot be read", cashbox_id=row.cashbox_id, shift=row.number, error=type(error).__name__)
        text = describe(SHIFT_UNREADABLE, settings.alert_language, cashbox=row.unique_number, shift=row.number)
        send_alert(sessions, SHIFT_UNREADABLE, text)
        return False


def close_due(services: Services, cashbox_id: int) -> bool:
    """Sends the Z-report of the cashbox if its time has come; says whether the shift is closed now."""
    with services.sessions() as session:
        shift, now = find_open_shift(session, cashbox_id), session.scalars(_NOW).one()
    if shift is None or not _is_shift_due(services.settings, shift, now) or services.breaker.is_open():
        return False
    if not settle_unknown(services, cashbox_id):
        _put_off(services.sessions, shift, UNKNOWN_OUTCOME)
        return False
    with hold_cashbox(services.sessions, cashbox_id, services.settings.lease_seconds, even_if_paused=True) as claim:
        if claim is None:
            return False
        with services.sessions() as session:
            shift, now = find_open_shift(session, cashbox_id), session.scalars(_NOW).one()
            number = session.get_one(Cashbox, cashbox_id).unique_number
        if shift is None or not _is_shift_due(services.settings, shift, now):
            return False
        try:
            closed = close_shift(services.sessions, services.clients, claim, number, by=SCHEDULE)
        except ShiftHasUnknown:
            _put_off(services.sessions, shift, UNKNOWN_OUTCOME)
            return False
        except WebkassaError as error:
            rest_or_pause(services, claim, error, is_outage=tell_breaker(services.breaker, cashbox_id, error))
            _put_off(services.sessions, shift, str(error))
            return False
        services.breaker.record_success(cashbox_id)
        check_shift(services.sessions, services.settings, services.clients, claim, number, closed.report)
    tell_open_money(services.sessions, services.settings, cashbox_id)
    return True


def settle_unknown(services: Services, cashbox_id: int) -> bool:
    """Asks about receipts of unknown outcome now, given-up ones included; says whether nothing is unknown any more."""
    with services.sessions.begin() as session:
        found = session.execute(
            update(Receipt)
            .where(
                Receipt.cashbox_id == cashbox_id,
                Receipt.state.in_(OPEN_RECEIPT_STATES),
                or_(Receipt.state == ReceiptState.UNKNOWN, Receipt.sending_since.is_not(None)),
            )
            .values(next_attempt_at=func.now())
        )
    if found.rowcount:  # type: ignore[attr-defined]
        issue_due(services, cashbox_id)
    return not has_unknown(services.sessions, cashbox_id)


def _is_due(settings: Settings, opened_at: datetime, next_close_at: datetime | None, now: datetime) -> bool:
    moment = find_close_moment(opened_at, read_close_time(settings.shift_close_at))
    return now >= moment and (next_close_at is None or now >= next_close_at)


def _is_shift_due(settings: Settings, shift: Shift, now: datetime) -> bool:
    return _is_due(settings, shift.opened_at, shift.next_close_at, now)


def _put_off(sessions: SessionFactory, shift: Shift, reason: str) -> None:
    """With patience; that it lasts is told by `worker.rounds.watch.fiscal_day`."""
    with sessions.begin() as session:
        row = session.get_one(Shift, shift.id)
        row.close_failures += 1
        row.next_close_at = func.now() + choose_pause(row.close_failures)
        row.close_error = reason[:_MAX_TEXT]
    log.warning("shift not closed", cashbox_id=shift.cashbox_id, shift=shift.number, reason=reason)
