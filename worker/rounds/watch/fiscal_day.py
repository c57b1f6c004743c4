"""Finds what lasts of a cashbox's day: a shift that grows old or cannot be closed, work without the tax service."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shared.config import Settings
from shared.fiscal.statuses import ReceiptState
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt, Shift
from worker.alerts import kinds
from worker.cashbox.shift.clock import OLD_AT_AGE, PATIENCE, find_close_moment, read_close_time, read_moment
from worker.rounds.watch.condition import Condition, ask, make_condition

# Webkassa stops at 72 hours; a day leaves time to see to it.
AUTONOMOUS_FOR = timedelta(hours=24)
_LOOKED_BACK = timedelta(days=2 * 365)


def find_old_shifts(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Yields shifts that are 22 hours old: two hours before Webkassa refuses every sale."""
    query = (
        select(Cashbox.unique_number, Shift.number)
        .join(Shift, Shift.cashbox_id == Cashbox.id)
        .where(Cashbox.enabled, Shift.closed_at.is_(None), Shift.opened_at <= func.now() - OLD_AT_AGE)
    )
    for cashbox, shift in ask(sessions, query):
        yield make_condition(settings, kinds.SHIFT_OLD, cashbox, cashbox=cashbox, shift=shift)


def find_unclosed_shifts(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Yields shifts that could not be closed for two hours after their time."""
    query = (
        select(Cashbox.unique_number, Shift.number, func.extract("epoch", Shift.opened_at), func.now())
        .join(Shift, Shift.cashbox_id == Cashbox.id)
        .where(Cashbox.enabled, Shift.closed_at.is_(None), Shift.close_failures > 0)
    )
    close_at = read_close_time(settings.shift_close_at)
    for cashbox, shift, opened_at, now in ask(sessions, query):
        with suppress(ValueError, OverflowError):  # the nightly watch tells that one
            if now - find_close_moment(read_moment(opened_at), close_at) >= PATIENCE:
                yield make_condition(settings, kinds.SHIFT_NOT_CLOSED, cashbox, cashbox=cashbox, shift=shift)


def find_autonomous(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Yields cashboxes whose newest receipts, for over a day, were all issued without the tax service."""

    def issued(receipts: type[Receipt]) -> tuple[Any, ...]:
        is_likely = receipts.issued_at.between(func.now() - _LOOKED_BACK, func.now() + _LOOKED_BACK)
        return receipts.cashbox_id == Cashbox.id, receipts.state == ReceiptState.ISSUED, is_likely

    # By the database alone: one time that Python does not know would end the look for all.
    last, online = aliased(Receipt), aliased(Receipt)
    newest = select(last.offline_mode).where(*issued(last)).order_by(last.issued_at.desc()).limit(1)
    online_until = select(func.max(online.issued_at)).where(*issued(online), online.offline_mode.is_(False))
    is_since = func.coalesce(Receipt.issued_at > online_until.correlate(Cashbox).scalar_subquery(), True)
    began_at = select(func.min(Receipt.issued_at)).where(*issued(Receipt), is_since)
    is_old = began_at.correlate(Cashbox).scalar_subquery() <= func.now() - AUTONOMOUS_FOR
    query = select(Cashbox.unique_number).where(Cashbox.enabled, newest.scalar_subquery(), is_old)
    for (number,) in ask(sessions, query):
        yield make_condition(settings, kinds.OFFLINE, number, cashbox=number)
