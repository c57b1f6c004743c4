"""Finds visits of all days by what was typed, today's first and then the nearest: by the trigrams of folded words."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.visits.queries import PAGE_SIZE, select_visits
from api.acquire.visits.search import FISCAL_DIGITS, PHONE_TAIL, Number, Search
from shared.storage.models import Receipt, Visit


def find_visits(session: Session, salons: Salons, search: Search, today: date, skip: int = 0) -> Sequence[Any]:
    """Returns up to PAGE_SIZE + 1 rows from the `skip`-th on: the surplus one says that there is another page."""
    conditions: list[ColumnElement[bool]] = [Visit.words.like(f"% {word}%") for word in search.words]
    conditions += [_match_number(session, number) for number in search.numbers]
    order = (func.abs(Visit.day - today), Visit.is_open.desc(), Visit.visit_at.desc(), Visit.id)
    nearest = (
        select(Visit.id, func.row_number().over(order_by=order).label("place"))
        .where(salons.allow(Visit.company_id), *conditions)
        .order_by(*order)
        .offset(skip)
        .limit(PAGE_SIZE + 1)
        .cte("nearest")
    )
    query = select_visits().join(nearest, nearest.c.id == Visit.id)
    return session.execute(query.order_by(nearest.c.place)).all()


def _match_number(session: Session, number: Number) -> ColumnElement[bool]:
    """Of a visit's words: `n` stands before the record's number, `s` before the sum, `p` and `t` around the phone."""
    digits, tail = number.digits, number.phone_tail
    is_long = len(digits) >= PHONE_TAIL
    patterns = [f"% n{digits}%" if is_long else f"% n{digits} %", f"% s{digits} %", f"% {digits}%"]
    if tail is not None:
        # The whole phone or its end, and its beginning while somebody still types it: with or without the country's digit.
        patterns += [f"%{tail}t %", f"% p_{digits}%"]
        patterns += [f"% p_{digits[1:]}%"] if digits[0] in "78" else []
    of_receipts = _find_by_fiscal_number(session, digits) if len(digits) >= FISCAL_DIGITS else ()
    return or_(
        *(Visit.words.like(pattern) for pattern in patterns),
        *(and_(Visit.company_id == company, Visit.record_id == record) for company, record in of_receipts),
    )


def _find_by_fiscal_number(session: Session, digits: str) -> Sequence[Any]:
    query = select(Receipt.company_id, Receipt.record_id)
    return session.execute(query.where(Receipt.fiscal_number == digits, Receipt.record_id.is_not(None)).limit(5)).all()
