"""Closes the shift of every cashbox at night, by a Z-report.

A tick finds shifts whose time has come, however long ago that was: a worker that was down at the minute of closing closes
late. What is found is checked again by whoever holds the cashbox, so ticks and messages may come twice.
"""

from datetime import datetime

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
from worker.cashbox.claim import hold_cashbox
from worker.cashbox.failures import rest_or_pause, tell_breaker
from worker.cashbox.shift.check import check_shift
from worker.cashbox.shift.clock import choose_pause, find_close_moment, read_close_time
from worker.cashbox.shift.reports import ShiftHasUnknown, close_shift, has_unknown
from worker.cashbox.shift.rows import SCHEDULE, find_open_shift
from worker.issue.issue_due import issue_due
from worker.services import Services
from worker.webkassa.errors import WebkassaError

log = get_logger(__name__)

_MAX_TEXT = 500
_NOW = select(func.now())
UNKNOWN_OUTCOME = "the outcome of a receipt or of a cash movement is unknown"


def watch_shifts(sessions: SessionFactory, settings: Settings, producer: Celery) -> None:
    """Asks the workers for the Z-reports that are due: one tick."""
    with sessions() as session:
        now = session.scalars(_NOW).one()
        query = select(Shift).join(Cashbox).where(Shift.closed_at.is_(None), Cashbox.enabled).order_by(Shift.opened_at)
        shifts = session.scalars(query).all()
    try:
        for shift in shifts:
            if _is_due(settings, shift, now):
                publish_task(producer, CLOSE_SHIFT, [shift.cashbox_id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("broker is away, shifts are closed later", error=type(error).__name__)


def close_due(services: Services, cashbox_id: int) -> bool:
    """Sends the Z-report of the cashbox if its time has come; says whether the shift is closed now."""
    with services.sessions() as session:
        shift, now = find_open_shift(session, cashbox_id), session.scalars(_NOW).one()
    if shift is None or not _is_due(services.settings, shift, now) or services.breaker.is_open():
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
        if shift is None or not _is_due(services.settings, shift, now):
            return False
        try:
            closed = close_shift(services.sessions, services.clients, claim, number, by=SCHEDULE)
        except ShiftHasUnknown:
            _put_off(services.sessions, shift, UNKNOWN_OUTCOME)
            return False
        except WebkassaError as error:
            rest_or_pause(services, claim, error, is_outage=tell_breaker(services.breaker, error))
            _put_off(services.sessions, shift, str(error))
            return False
        services.breaker.record_success()
        check_shift(services.sessions, services.settings, services.clients, claim, number, closed.shift_number)
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


def _is_due(settings: Settings, shift: Shift, now: datetime) -> bool:
    moment = find_close_moment(shift.opened_at, read_close_time(settings.shift_close_at))
    return now >= moment and (shift.next_close_at is None or now >= shift.next_close_at)


def _put_off(sessions: SessionFactory, shift: Shift, reason: str) -> None:
    """With patience; that it lasts is told by `worker.rounds.watch.fiscal_day`."""
    with sessions.begin() as session:
        row = session.get_one(Shift, shift.id)
        row.close_failures += 1
        row.next_close_at = func.now() + choose_pause(row.close_failures)
        row.close_error = reason[:_MAX_TEXT]
    log.warning("shift not closed", cashbox_id=shift.cashbox_id, shift=shift.number, reason=reason)
