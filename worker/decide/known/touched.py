"""Which sales a movement of money touches: what it pays or gives back, and what it was moved away from."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared.altegio import FinanceOperation
from shared.storage.locks import lock_sales
from shared.storage.models import PaymentRecord, Receipt, Visit
from shared.storage.statements import table_of
from worker.decide.delivery import Delivery
from worker.decide.operations import is_outgo, is_top_up, pays_document
from worker.decide.sales import Subject

_payments, _visits, _receipts = table_of(PaymentRecord).c, table_of(Visit).c, table_of(Receipt).c
_company, _record = bindparam("company", type_=BigInteger), bindparam("record", type_=BigInteger)
_is_stored = (_payments.company_id == _company, _payments.operation_id == bindparam("operation", type_=BigInteger))
_names = ("record_id", "document_id", "moved_from_record_id", "moved_from_document_id", "visit_id")
_stored = select(func.jsonb_build_array(*(_payments[name] for name in _names), type_=JSONB)).where(*_is_stored)
_old_joint = select(_payments.visit_id).where(*_is_stored).scalar_subquery()
_new_joint = func.coalesce(
    bindparam("visit", type_=BigInteger),
    select(_visits.visit_id).where(_visits.company_id == _company, _visits.record_id == _record).scalar_subquery(),
)
_joined = [
    select(func.coalesce(func.jsonb_agg(_visits.record_id), "[]", type_=JSONB)).where(
        _visits.company_id == _company, _visits.visit_id == joint
    )
    for joint in (_new_joint, _old_joint)
]
# Where it names no record: those that other payments of the visit, or of the document, name.
_paying = select(func.coalesce(func.jsonb_agg(_payments.record_id.distinct()), "[]", type_=JSONB)).where(
    _payments.company_id == _company,
    _payments.record_id.is_not(None),
    or_(
        _payments.visit_id == bindparam("visit_alone", type_=BigInteger),
        _payments.document_id == bindparam("document", type_=BigInteger),
    ),
)
# Whether payments of the record, or this one, have receipts of their own.
_own = (_receipts.company_id == _company, _receipts.operation_id.is_not(None))
_has_own = select(
    or_(
        exists().where(*_own, _receipts.operation_id == bindparam("operation", type_=BigInteger)),
        exists().where(*_own, _receipts.record_id == _record),
    )
)
_QUESTION = select(*(question.scalar_subquery() for question in (_stored, *_joined, _paying, _has_own)))


@dataclass(frozen=True, slots=True)
class Touched:
    """`subject`: the sale it pays, or gives money back of. `others`: further records of the same visit, in order.

    `left`: sales that it paid before. `was_noted`: an earlier word on it is stored. `joint`: visits it belongs to, or did.
    `has_own`: it, or another payment of the record, has a receipt of its own.
    """

    subject: Subject | None
    others: tuple[Subject, ...]
    left: tuple[Subject, ...]
    was_noted: bool
    joint: frozenset[int]
    has_own: bool

    @property
    def sales(self) -> tuple[Subject, ...]:
        return (*((self.subject,) if self.subject else ()), *self.others, *self.left)


def find_touched(session: Session, row: Delivery, operation: FinanceOperation) -> Touched:
    is_alone = not operation.record_id
    values = {
        "company": row.company_id,
        "operation": row.resource_id,
        "record": operation.record_id or None,
        "visit": operation.visit_id or None,
        "visit_alone": (operation.visit_id or None) if is_alone else None,
        "document": (operation.document_id or None) if is_alone and is_outgo(operation) else None,
    }
    stored, joined, old_joined, paying, has_own = session.execute(_QUESTION, values).one()
    records = sorted({*joined, *(paying if is_alone else ())})
    subject = _find_subject(row.company_id, operation, records)
    others = [Subject(row.company_id, record_id=number) for number in records if not subject or number != subject.record_id]
    is_of_visit = subject is None or subject.is_visit
    left = _find_left(row.company_id, stored, old_joined)
    named = {subject, *others} if is_of_visit else {subject}
    return Touched(
        subject=subject,
        others=tuple(others) if is_of_visit else (),
        left=tuple(one for one in left if one not in named),
        was_noted=stored is not None,
        joint=frozenset(number for number in (operation.visit_id, stored[-1] if stored else None) if number),
        has_own=has_own,
    )


def _find_subject(company_id: int, operation: FinanceOperation, records: list[int]) -> Subject | None:
    """A visit's payments name its document too, so the record comes first."""
    if operation.record_id:
        return Subject(company_id, record_id=operation.record_id)
    if pays_document(operation) or (is_top_up(operation) and operation.document_id and not is_outgo(operation)):
        return Subject(company_id, document_id=operation.document_id)
    if len(records) == 1:
        return Subject(company_id, record_id=records[0])
    if is_outgo(operation) and operation.document_id and not records:
        return Subject(company_id, document_id=operation.document_id)
    return None


def _find_left(company_id: int, stored: list[Any] | None, old_joined: list[int]) -> list[Subject]:
    """By what is stored of it, in one order for everybody."""
    if stored is None:
        return []
    record_id, document_id, from_record, from_document, visit_id = stored
    records = {number for number in (record_id, from_record, *old_joined) if number}
    documents = {number for number in (from_document,) if number}
    if document_id and not record_id and not visit_id:
        documents.add(document_id)
    return [
        *(Subject(company_id, record_id=number) for number in sorted(records)),
        *(Subject(company_id, document_id=number) for number in sorted(documents)),
    ]


def lock_touched(session: Session, row: Delivery, operation: FinanceOperation) -> None:
    touched = find_touched(session, row, operation)
    lock_sales(
        session,
        row.company_id,
        visits=touched.joint,
        records=[one.record_id for one in touched.sales],
        documents=[one.document_id for one in touched.sales],
    )
