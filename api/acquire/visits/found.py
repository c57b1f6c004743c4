"""Finds visits of all days by what was typed, today's first and then the nearest: by the trigrams of folded words."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, ScalarSelect, and_, func, or_, select, union
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.visits.queries import PAGE_SIZE, select_visits
from api.acquire.visits.search import FISCAL_DIGITS, PHONE_TAIL, Number, Search
from shared.storage.models import Receipt, Visit

# So many of the nearest visits are looked through first; more, where a later page is asked for.
_WALKED, _OF_ONE = 1000, 10


def find_visits(session: Session, salons: Salons, search: Search, today: date, skip: int = 0) -> Sequence[Any]:
    """Returns up to PAGE_SIZE + 1 rows from the `skip`-th on: the surplus one says that there is another page."""
    conditions: list[ColumnElement[bool]] = [Visit.words.like(f"% {word}%") for word in search.words]
    conditions += [_match_number(session, number) for number in search.numbers]
    conditions.append(salons.allow(Visit.company_id))
    enough = skip + PAGE_SIZE + 1
    sides = (
        _look(conditions, Visit.day <= today, (Visit.day.desc(), Visit.visit_at.desc(), Visit.id.desc()), enough),
        _look(conditions, Visit.day > today, (Visit.day, Visit.visit_at, Visit.id), enough),
    )
    # A visit that was near is found again among all: once is enough.
    found = union(*(part for side in sides for part in side)).cte("found")
    order = (func.abs(found.c.day - today), found.c.day, found.c.visit_at.desc(), found.c.id)
    page = select(found).order_by(*order).offset(skip).limit(PAGE_SIZE + 1).cte("page")
    order = (func.abs(page.c.day - today), page.c.day, page.c.visit_at.desc(), page.c.id)
    return session.execute(select_visits().join(page, page.c.id == Visit.id).order_by(*order)).all()


def _look(conditions: Sequence[ColumnElement[bool]], side: ColumnElement[bool], order: Any, enough: int) -> tuple[Any, Any]:
    """Outwards from today: what is in many visits is among the nearest. Only where these are too few, by trigrams among all:
    left to PostgreSQL's guess, a day without a single one would be read word by word.
    """
    most = max(_WALKED, _OF_ONE * enough)
    nearest = select(Visit.id).where(side).order_by(*order).limit(most).cte()
    matched = select(Visit.id, Visit.day, Visit.visit_at).where(*conditions)
    near = matched.join(nearest, nearest.c.id == Visit.id).cte()
    is_short = and_(_count(near) < enough, _count(nearest) >= most)
    return select(near), select(matched.where(side, is_short).cte().prefix_with("MATERIALIZED"))


def _count(rows: CTE) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows).scalar_subquery()


def _match_number(session: Session, number: Number) -> ColumnElement[bool]:
    """Of a visit's words: `n` stands before the record's number, `s` before the sum, `p` and `t` around the phone."""
    digits, tail = number.digits, number.phone_tail
    is_long = len(digits) >= PHONE_TAIL
    patterns = [f"% n{digits}%" if is_long else f"% n{digits} %", f"% s{digits} %", f"% {digits}%"]
    if tail is not None:
        # The whole phone or its end, and its beginning while somebody still types it: with or without the country's digit.
        patterns += [f"%{tail}t %", f"% p7{digits}%"]
        patterns += [f"% p7{digits[1:]}%"] if digits[0] in "78" else []
    of_receipts = _find_by_fiscal_number(session, digits) if len(digits) >= FISCAL_DIGITS else ()
    return or_(
        *(Visit.words.like(pattern) for pattern in patterns),
        *(and_(Visit.company_id == company, Visit.record_id == record) for company, record in of_receipts),
    )


def _find_by_fiscal_number(session: Session, digits: str) -> Sequence[Any]:
    query = select(Receipt.company_id, Receipt.record_id)
    return session.execute(query.where(Receipt.fiscal_number == digits, Receipt.record_id.is_not(None)).limit(5)).all()
