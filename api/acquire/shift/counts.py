"""Reads what was counted before shifts were closed, to stand beside their Z-reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.storage.models import CashCount, StaffUser


@dataclass(frozen=True, slots=True)
class CountLine:
    """Describes a count that a shift was closed with. `difference`: counted less expected."""

    at: datetime
    by: str
    expected: Decimal
    counted: Decimal
    difference: Decimal
    reason: str | None


def find_counts(session: Session, shift_ids: Sequence[int]) -> dict[int, CountLine]:
    """Returns the counts by the shift that was closed with them; shifts that closed by themselves have none."""
    query = select(CashCount, StaffUser.shown_name).join(StaffUser, StaffUser.id == CashCount.staff_user_id)
    rows = session.execute(
        query.where(CashCount.shift_id.in_(shift_ids), CashCount.order_id.is_not(None)).order_by(CashCount.id)
    )
    return {count.shift_id: _show(count, name) for count, name in rows}


def find_count(session: Session, *, order_id: int) -> CountLine | None:
    """Returns the count of which an order of a Z-report came."""
    query = select(CashCount, StaffUser.shown_name).join(StaffUser, StaffUser.id == CashCount.staff_user_id)
    row = session.execute(query.where(CashCount.order_id == order_id)).first()
    return _show(*row) if row else None


def _show(count: Any, name: str) -> CountLine:
    return CountLine(count.created_at, name, count.expected, count.counted, count.difference, count.reason)
