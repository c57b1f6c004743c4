"""Finds what lasts of a cashbox's day: a shift that grows old or cannot be closed, work without the tax service."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from shared.config import Settings
from shared.fiscal.statuses import ReceiptState
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt, Shift
from worker.alerts import kinds
from worker.cashbox.shift.clock import OLD_AT_AGE, PATIENCE, find_close_moment, read_close_time
from worker.rounds.watch.condition import Condition, ask, make_condition

# Webkassa stops at 72 hours; a day leaves time to see to it.
AUTONOMOUS_FOR = timedelta(hours=24)


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
        select(Cashbox.unique_number, Shift.number, Shift.opened_at, func.now())
        .join(Shift, Shift.cashbox_id == Cashbox.id)
        .where(Cashbox.enabled, Shift.closed_at.is_(None), Shift.close_failures > 0)
    )
    close_at = read_close_time(settings.shift_close_at)
    for cashbox, shift, opened_at, now in ask(sessions, query):
        if now - find_close_moment(opened_at, close_at) >= PATIENCE:
            yield make_condition(settings, kinds.SHIFT_NOT_CLOSED, cashbox, cashbox=cashbox, shift=shift)


def find_autonomous(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Yields cashboxes whose newest receipts, for over a day, were all issued without the tax service."""
    issued = Receipt.state == ReceiptState.ISSUED
    newest = (
        select(Receipt.offline_mode)
        .where(Receipt.cashbox_id == Cashbox.id, issued, Receipt.issued_at.is_not(None))
        .order_by(Receipt.issued_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    with sessions() as session:
        now = session.scalars(select(func.now())).one()
        offline = session.execute(select(Cashbox.id, Cashbox.unique_number).where(Cashbox.enabled, newest)).all()
        for cashbox_id, number in offline:
            ours = (Receipt.cashbox_id == cashbox_id, issued)
            online_until = session.scalar(select(func.max(Receipt.issued_at)).where(*ours, Receipt.offline_mode.is_(False)))
            since = select(func.min(Receipt.issued_at)).where(*ours)
            began_at = session.scalar(since.where(Receipt.issued_at > online_until) if online_until else since)
            if began_at is not None and now - began_at >= AUTONOMOUS_FOR:
                yield make_condition(settings, kinds.OFFLINE, number, cashbox=number)
