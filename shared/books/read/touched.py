"""Finds the sales of a cashbox that were touched in some days: those that are plain added up, the others by name."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Numeric,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from shared.books.model import BookedSale
from shared.books.paid import PAID
from shared.books.read.days import Days, are_of_days
from shared.books.read.homes import Homes
from shared.books.read.joint import JointVisits, find_joint_visits
from shared.books.read.movements import COMPARED, is_one_of
from shared.books.read.plain import select_plain
from shared.fiscal.statuses import PaymentState
from shared.storage.models import Cashbox, Checkout, PaymentRecord, Receipt

_PLAIN, _ISSUED, _PAID, _VOIDED = "plain", "issued", "paid", "voided"
_BY = ("day", "source", "shift_number", "registration_number")
_PAID_AS = tuple(column.key for column in PAID.values())


@dataclass(frozen=True, slots=True)
class Touched:
    """Holds the sales with a receipt, a payment or a payment taken back in the days, or a receipt in one of their shifts.

    `plain`: what `select_plain` found by day, source and shift, added up, with `receipts`, how many. `subjects`: all others,
    with all records of their visits, `joint`.
    """

    plain: Sequence[Row[Any]]
    subjects: set[BookedSale]
    joint: JointVisits


def find_touched(session: Session, cashbox: Cashbox, homes: Homes, days: Days, shift_numbers: Sequence[int]) -> Touched:
    """Reads them. In one statement, so that a sale that changes meanwhile is either plain or named, and never neither."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    parameters = {"cashbox_id": cashbox.id, "shift_numbers": list(shift_numbers), **days.parameters}
    for row in session.execute(_select_touched(), parameters):
        found[row.what].append(row)
    subjects = {BookedSale(row.company_id, row.record_id, row.document_id) for row in found[_ISSUED]}
    touched = {BookedSale(row.company_id, row.record_id, row.document_id) for row in found[_VOIDED]}
    payments = found[_PAID]
    sold = {one.record_id for one in (*subjects, *touched)} | {row.record_id for row in payments}
    records = {record_id for record_id in sold if record_id is not None}
    alone = {row.visit_id for row in payments if row.record_id is None and row.visit_id is not None}
    joint = find_joint_visits(session, records, alone)
    touched |= {joint.name(row.company_id, row.record_id, row.document_id, row.visit_id) for row in payments}
    touched |= {one for group in joint.groups for one in group}
    touched = {one for one in touched if one.record_id is not None or one.document_id is not None}
    return Touched(found[_PLAIN], subjects | find_of_cashbox(session, cashbox, homes, touched - subjects), joint)


def find_of_cashbox(session: Session, cashbox: Cashbox, homes: Homes, subjects: set[BookedSale]) -> set[BookedSale]:
    """Returns those of the cashbox: where their receipts are, else where the salon's would go."""
    known = {
        BookedSale(company_id, record_id, document_id): cashbox_id
        for company_id, record_id, document_id, cashbox_id in session.execute(
            select(Receipt.company_id, Receipt.record_id, Receipt.document_id, Receipt.cashbox_id).where(
                is_one_of(Receipt, subjects)
            )
        )
    }
    return {s for s in subjects if known.get(s, homes.find(s.company_id)) == cashbox.id}


@cache
def _select_touched() -> Any:
    """Built once: that takes as long as running it for a day, and each cashbox is asked every minute."""
    plain = select_plain().cte("plain")
    shift_numbers = bindparam("shift_numbers", type_=BigInteger, expanding=True)
    issued = select(*_name(_ISSUED, Receipt)).where(
        Receipt.cashbox_id == bindparam("cashbox_id", type_=BigInteger),
        or_(are_of_days(Receipt.issued_at), Receipt.shift_number.in_(shift_numbers)),
        ~_is_of(plain, Receipt),
    )
    was_revoked = and_(PaymentRecord.state == PaymentState.REVOKED, are_of_days(PaymentRecord.changed_at))
    # Each by an index of its own.
    paid, revoked = (
        select(*_name(_PAID, PaymentRecord, PaymentRecord.visit_id)).where(
            PaymentRecord.purpose.in_(COMPARED), is_of_days, ~_is_of(plain, PaymentRecord)
        )
        for is_of_days in (are_of_days(PaymentRecord.paid_at), was_revoked)
    )
    voided = select(*_name(_VOIDED, Checkout)).where(are_of_days(Checkout.voided_at), ~_is_of(plain, Checkout))
    return union_all(_add_up(plain), *(one.distinct() for one in (issued, paid, revoked, voided)))


def _add_up(plain: CTE) -> Select[Any]:
    by = [plain.c[name] for name in _BY]
    sums = [func.sum(plain.c[name]).label(name) for name in _PAID_AS]
    nobody = [_empty(BigInteger()).label(name) for name in ("company_id", "record_id", "document_id", "visit_id")]
    return select(literal(_PLAIN).label("what"), *by, func.count().label("receipts"), *sums, *nobody).group_by(*by)


def _name(what: str, model: Any, visit_id: Any = None) -> list[Any]:
    """The columns of the union for a row that names a sale."""
    kinds = [Integer(), Text(), BigInteger(), Text(), BigInteger(), *(Numeric() for _ in _PAID_AS)]
    nothing = [_empty(kind) for kind in kinds]
    visit = _empty(BigInteger()) if visit_id is None else visit_id
    return [literal(what), *nothing, model.company_id, model.record_id, model.document_id, visit]


def _empty(kind: Any) -> ColumnElement[Any]:
    return cast(null(), kind)


def _is_of(plain: CTE, model: Any) -> ColumnElement[bool]:
    """In equations alone, which a hash answers. A visit's payment names its document as well; the visit is what was sold."""
    document_id = case((model.record_id.is_(None), model.document_id))
    return exists().where(
        plain.c.company_id == model.company_id,
        func.coalesce(plain.c.record_id, 0) == func.coalesce(model.record_id, 0),
        func.coalesce(plain.c.document_id, 0) == func.coalesce(document_id, 0),
    )
