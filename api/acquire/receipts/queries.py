"""Reads the list of receipts in one statement, by indexes, however many there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from api.acquire.access.salons import Salons
from api.acquire.receipts.asked import Asked, Cursor
from api.acquire.receipts.of_visits import match_visits
from api.acquire.receipts.search import ReceiptSearch
from api.acquire.receipts.states import ReceiptSort, Standing, StateFilter
from shared.fiscal.payment_types import PAYMENT_TYPES
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, ReceiptKind, ReceiptState
from shared.storage.models import HandBack, PaymentRecord, Receipt, StaffUser, Visit

PAGE_SIZE = 30
# So many of the newest are looked through for a name before all visits are.
_WALKED = 1000

_moment = func.coalesce(Receipt.issued_at, Receipt.created_at)
_returned, _newer = aliased(Receipt), aliased(Receipt)


def _is_any(model: Any, *conditions: Any) -> ColumnElement[bool]:
    """Whether there is such a row, looked up for each receipt shown: of an EXISTS all rows there are would be hashed.

    As a word for yes, which PostgreSQL takes for even chances: a missing id it takes for rare, and sorts all for it.
    """
    found = select(true()).select_from(model).where(*conditions).limit(1).scalar_subquery()
    return func.coalesce(found, false())


_is_partly_returned = _is_any(_returned, _returned.basis_receipt_id == Receipt.id, _returned.state == ReceiptState.ISSUED)
_is_replaced = _is_any(_newer, _newer.replaces_id == Receipt.id)
_is_certificate = _is_any(
    PaymentRecord,
    PaymentRecord.company_id == Receipt.company_id,
    PaymentRecord.document_id == Receipt.document_id,
    PaymentRecord.record_id.is_(None),
    PaymentRecord.sold_item_type.in_(("loyalty_certificate", "loyalty_abonement")),
)
_is_document = and_(Receipt.document_id.is_not(None), Receipt.kind == ReceiptKind.SALE)
# Numbers of advances: `altegio_deposit_…`, with the salon's number between where another salon has the same.
_is_top_up = Receipt.external_check_number.contains("deposit_", autoescape=True)
_SORT = case(
    (Receipt.kind == ReceiptKind.RETURN, ReceiptSort.RETURN),
    (Receipt.operation_id.is_not(None), ReceiptSort.PREPAYMENT),
    (Receipt.record_id.is_not(None), ReceiptSort.VISIT),
    (_is_top_up, ReceiptSort.TOP_UP),
    (_is_certificate, ReceiptSort.CERTIFICATE),
    else_=ReceiptSort.GOODS,
)
_SORTS: dict[ReceiptSort, ColumnElement[bool]] = {
    ReceiptSort.VISIT: and_(
        Receipt.record_id.is_not(None), Receipt.operation_id.is_(None), Receipt.kind == ReceiptKind.SALE
    ),
    ReceiptSort.GOODS: and_(_is_document, ~_is_top_up, ~_is_certificate),
    ReceiptSort.PREPAYMENT: Receipt.operation_id.is_not(None),
    ReceiptSort.TOP_UP: and_(_is_document, _is_top_up),
    ReceiptSort.CERTIFICATE: and_(_is_document, _is_certificate),
    ReceiptSort.RETURN: and_(Receipt.kind == ReceiptKind.RETURN, Receipt.basis_receipt_id.is_not(None)),
}
_is_due = and_(Receipt.return_due_reason.is_not(None), ~Receipt.returned)
_STANDING = case(
    (and_(Receipt.returned, _is_replaced), Standing.CORRECTED),
    (Receipt.returned, Standing.RETURNED),
    (and_(Receipt.state == ReceiptState.REJECTED, Receipt.error_kind.is_(None)), Standing.WITHDRAWN),
    (Receipt.state == ReceiptState.REJECTED, Standing.REFUSED),
    (and_(Receipt.state == ReceiptState.UNKNOWN, Receipt.next_attempt_at.is_(None)), Standing.REFUSED),
    (Receipt.state == ReceiptState.UNKNOWN, Standing.UNKNOWN),
    (Receipt.state == ReceiptState.PENDING, Standing.WAITING),
    (_is_due, Standing.RETURN_DUE),
    (_is_partly_returned, Standing.PARTLY_RETURNED),
    else_=Standing.ISSUED,
)
_STATES: dict[StateFilter, ColumnElement[bool]] = {
    StateFilter.ISSUED: and_(Receipt.state == ReceiptState.ISSUED, ~Receipt.returned),
    StateFilter.WAITING: Receipt.state.in_(OPEN_RECEIPT_STATES),
    StateFilter.REFUSED: and_(Receipt.state == ReceiptState.REJECTED, Receipt.error_kind.is_not(None)),
    StateFilter.RETURN_DUE: and_(_is_due, Receipt.state != ReceiptState.REJECTED),
    # Not `IS TRUE`, which PostgreSQL does not look up in the index of these.
    StateFilter.RETURNED: and_(Receipt.returned),
}
_ROW = (
    Receipt.id,
    Receipt.record_id,
    Receipt.document_id,
    Receipt.total,
    Receipt.kind,
    Receipt.fiscal_number,
    Receipt.external_check_number,
    _moment.label("moment"),
    Receipt.request["Payments"].label("payments"),
    Receipt.request["Change"].label("change"),
    Receipt.request["Positions"][0]["PositionName"].astext.label("title"),
    _SORT.label("sort"),
    _STANDING.label("standing"),
    Visit.client_name,
    func.right(Visit.client_phone, 4).label("phone_tail"),
    StaffUser.shown_name.label("cashier"),
    _is_any(
        HandBack,
        HandBack.return_receipt_id == Receipt.id,
        HandBack.ticked_at.is_(None),
        Receipt.state == ReceiptState.ISSUED,
    ).label("is_unticked"),
)


def list_receipts(
    session: Session,
    salons: Salons,
    asked: Asked,
    limits: tuple[datetime, datetime] | None,
    search: ReceiptSearch | None = None,
    after: Cursor | None = None,
    *,
    limit: int = PAGE_SIZE,
) -> Sequence[Any]:
    """Returns up to `limit` + 1 rows, the newest first: the surplus one says that there is another page.

    Rows have the columns of `_ROW`. `limits`: the moments from which on and before which.
    """
    conditions = [salons.allow(Receipt.company_id), *_narrow(asked, limits)]
    if after is not None:
        conditions.append(tuple_(_moment, Receipt.id) < tuple_(literal(after.moment), literal(after.id)))
    # Chosen before anything is joined to them: what few receipts are narrowed to may have to be sorted whole.
    chosen = _find(search, conditions, limit) if search is not None else _select_ids(conditions, limit)
    query = (
        select(*_ROW)
        .outerjoin(Visit, and_(Visit.company_id == Receipt.company_id, Visit.record_id == Receipt.record_id))
        .outerjoin(StaffUser, StaffUser.id == Receipt.staff_user_id)
        .where(Receipt.id.in_(chosen))
    )
    return session.execute(_order(query, limit)).all()


def find_standing(session: Session, receipt_id: int) -> Any:
    """Returns `sort` and `standing` of one receipt, and the name of its client."""
    query = (
        select(_SORT.label("sort"), _STANDING.label("standing"), Visit.client_name)
        .outerjoin(Visit, and_(Visit.company_id == Receipt.company_id, Visit.record_id == Receipt.record_id))
        .where(Receipt.id == receipt_id)
    )
    return session.execute(query).one()


def list_cashiers(session: Session, salons: Salons) -> Sequence[Any]:
    """Returns `id` and `name` of those who made receipts, for the choice of one."""
    # The next that made one, a step in the index: whoever made none would else be looked for in all receipts.
    following = select(func.min(Receipt.staff_user_id)).where(
        Receipt.staff_user_id >= StaffUser.id, salons.allow(Receipt.company_id)
    )
    query = select(StaffUser.id, StaffUser.shown_name.label("name")).where(following.scalar_subquery() == StaffUser.id)
    return session.execute(query.order_by(StaffUser.shown_name)).all()


def _order(query: Any, limit: int) -> Any:
    return query.order_by(_moment.desc(), Receipt.id.desc()).limit(limit + 1)


def _select_ids(conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
    page = _order(select(Receipt.id).where(*conditions), limit).subquery()
    return select(page.c.id)


def _narrow(asked: Asked, limits: tuple[datetime, datetime] | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if limits is not None:
        wanted += [_moment >= limits[0], _moment < limits[1]]
    if asked.sort is not None:
        wanted.append(_SORTS[asked.sort])
    if asked.way is not None:
        payment = literal({"Payments": [{"PaymentType": PAYMENT_TYPES[asked.way]}]}, JSONB)
        wanted.append(Receipt.request.op("@>")(payment))
    if asked.state is not None:
        wanted.append(_STATES[asked.state])
    if asked.cashier is not None:
        wanted.append(Receipt.staff_user_id == asked.cashier)
    return wanted


def _find(search: ReceiptSearch, conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
    """The newest of each way to be found, each by its own index."""
    ways = [_order(select(Receipt.id).where(matches, *conditions), limit).subquery() for matches in _list_matches(search)]
    visits = match_visits(search)
    if visits is not None:
        ways += _find_of_visits(visits, conditions, limit)
    if not ways:
        return select(Receipt.id).where(false())
    return select(union_all(*(select(way.c.id) for way in ways)).subquery().c.id)


def _find_of_visits(visits: ColumnElement[bool], conditions: Sequence[ColumnElement[bool]], limit: int) -> list[Subquery]:
    """A name of many clients is found among the newest receipts; only where they fill no page, by all visits that fit."""
    newest = _order(select(Receipt.id, Receipt.company_id, Receipt.record_id).where(*conditions), _WALKED).subquery()
    of_newest = and_(Visit.company_id == newest.c.company_id, Visit.record_id == newest.c.record_id)
    near = select(newest.c.id).join(Visit, of_newest).where(visits).limit(limit + 1).cte("near")
    is_short = select(func.count()).select_from(near).scalar_subquery() <= limit
    # Read once: else each receipt's visit would be looked at, the newest first, until a page is full.
    theirs = select(Visit.company_id, Visit.record_id).where(visits, is_short).cte("theirs").prefix_with("MATERIALIZED")
    of_visit = and_(Receipt.company_id == theirs.c.company_id, Receipt.record_id == theirs.c.record_id)
    found = select(Receipt.id).join(theirs, of_visit).where(*conditions)
    return [select(near.c.id).subquery(), _order(found, limit).subquery()]


def _list_matches(search: ReceiptSearch) -> list[ColumnElement[bool]]:
    matches: list[ColumnElement[bool]] = []
    if search.total is not None:
        matches.append(Receipt.total == search.total)
    if search.number is not None:
        matches += [Receipt.record_id == search.number, Receipt.document_id.in_((search.number, -search.number))]
    if search.digits:
        matches.append(Receipt.fiscal_number == search.digits)
    if search.external:
        matches.append(or_(Receipt.external_check_number == search.external, _is_return_of(search.external)))
    return matches


def _is_return_of(external: str) -> ColumnElement[bool]:
    """The number of a sale finds its first returns as well."""
    return Receipt.external_check_number.in_([f"{external}_r{number}" for number in range(1, 4)])
