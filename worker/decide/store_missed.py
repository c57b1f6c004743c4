"""What Altegio has and no webhook told: stored beside the deliveries, in their shape, and decided like them."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import FINANCES, GOODS_SALE, RECORD, FinanceOperation, GoodsOperation, Record
from shared.fiscal.statuses import DeliverySource, PaymentState, RecordState
from shared.storage.db import dump_json
from shared.storage.models import PaymentRecord, WebhookRecord
from worker.decide.known.patience import WOKEN_BY_APPEARING
from worker.decide.operations import is_in_force, is_outgo
from worker.decide.sales import Subject

SOURCE = DeliverySource.CATCH_UP


def store_missed_record(session: Session, company_id: int, data: Mapping[str, Any]) -> int | None:
    """The id of the new row, or of one that is to be decided anew; None when a delivery told as much.

    Raises ValidationError.
    """
    record = Record.model_validate(data)
    if record.id is None:
        return None
    if _knows_change(session, company_id, RECORD, record.id, record.last_change_date):
        return _wake_unheard_of(session, company_id, record.id)
    status = "delete" if record.deleted else "update"
    return _store(session, company_id, RECORD, record.id, status, data, record.last_change_date)


def store_missed_payment(
    session: Session, company_id: int, data: Mapping[str, Any], operation: FinanceOperation
) -> int | None:
    """The same for an operation of the ledger, whose rows may lack the time of their change."""
    if operation.id is None or _knows_operation(session, company_id, operation):
        return None
    status = "delete" if operation.deleted else "update"
    return _store(session, company_id, FINANCES, operation.id, status, data, operation.last_change_date)


def store_settled_payment(session: Session, company_id: int, operation: FinanceOperation, values: Mapping[str, Any]) -> None:
    """Stores a payment that was read and told by no webhook as a delivery decided already: `values` are its row's."""
    if operation.id is None:
        return
    data = operation.model_dump(mode="json", exclude_none=True)
    row_id = _store(session, company_id, FINANCES, operation.id, "update", data, operation.last_change_date)
    if row_id is None:
        return
    session.execute(update(WebhookRecord).where(WebhookRecord.id == row_id).values(**values))
    session.execute(
        update(PaymentRecord)
        .where(PaymentRecord.company_id == company_id, PaymentRecord.operation_id == operation.id)
        .values(webhook_record_id=row_id)
    )


def store_missed_goods(session: Session, subject: Subject, goods: Iterable[GoodsOperation]) -> list[int]:
    """Rows for the lines of a sale document."""
    stored = []
    for line in goods:
        data = line.model_dump(mode="json", exclude_none=True)
        number = line.id or subject.document_id or 0
        row_id = _store(
            session, subject.company_id, GOODS_SALE, number, "create", data, line.last_change_date, subject.document_id
        )
        stored += [row_id] if row_id is not None else []
    return stored


def _wake_unheard_of(session: Session, company_id: int, record_id: int) -> int | None:
    """The newest delivery of a visit that was given up because Altegio did not know it then; now it does."""
    given_up = (
        select(WebhookRecord.id)
        .where(
            WebhookRecord.company_id == company_id,
            WebhookRecord.resource == RECORD,
            WebhookRecord.resource_id == record_id,
            WebhookRecord.state == RecordState.DEAD_LETTERED,
            WebhookRecord.error_code.in_(WOKEN_BY_APPEARING),
        )
        .order_by(WebhookRecord.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return session.scalar(
        update(WebhookRecord)
        # Asked again of the row itself: somebody may have put it back to work while this waited for it.
        .where(WebhookRecord.id == given_up, WebhookRecord.state == RecordState.DEAD_LETTERED)
        .values(state=RecordState.RECEIVED, next_attempt_at=func.now(), claims=0)
        .returning(WebhookRecord.id)
    )


def knows_goods(session: Session, subject: Subject) -> bool:
    """Whether any delivery told of the sale document."""
    told = select(WebhookRecord.id).where(
        WebhookRecord.company_id == subject.company_id,
        WebhookRecord.document_id == subject.document_id,
        WebhookRecord.resource == GOODS_SALE,
    )
    return session.scalar(told.limit(1)) is not None


def _knows_change(session: Session, company_id: int, resource: str, number: int, changed_at: datetime | None) -> bool:
    if changed_at is None:
        return False
    told = select(WebhookRecord.id).where(
        WebhookRecord.company_id == company_id,
        WebhookRecord.resource == resource,
        WebhookRecord.resource_id == number,
        WebhookRecord.changed_at >= changed_at,
        WebhookRecord.state != RecordState.INVALID,
    )
    return session.scalar(told.limit(1)) is not None


def _knows_operation(session: Session, company_id: int, operation: FinanceOperation) -> bool:
    """By what it says: the same money, the same way, on the same account, for the same visit.

    What was noted before its way was kept is known whichever it went.
    """
    known = session.execute(
        select(
            PaymentRecord.amount,
            PaymentRecord.state,
            PaymentRecord.record_id,
            PaymentRecord.account_id,
            func.coalesce(PaymentRecord.is_outgo, is_outgo(operation)),
        ).where(PaymentRecord.company_id == company_id, PaymentRecord.operation_id == operation.id)
    ).one_or_none()
    if known is None:
        return False
    state = PaymentState.ACTIVE if is_in_force(operation, "update") else PaymentState.REVOKED
    account_id = operation.account.id if operation.account else None
    told = (abs(operation.amount), state, operation.record_id or None, account_id, is_outgo(operation))
    return tuple(known) == told


def _store(
    session: Session,
    company_id: int,
    resource: str,
    number: int,
    status: str,
    data: Mapping[str, Any],
    changed_at: datetime | None,
    document_id: int | None = None,
) -> int | None:
    """None where the same was stored before."""
    told = dump_json(data)
    digest = hashlib.sha256(f"{company_id}:{resource}:{number}:{status}:{told}".encode()).hexdigest()
    return session.scalar(
        insert(WebhookRecord)
        .values(
            company_id=company_id,
            resource=resource,
            resource_id=number,
            document_id=document_id,
            status=status,
            dedup_key=f"{SOURCE}:{digest}",
            changed_at=changed_at,
            body={
                "company_id": company_id,
                "resource": resource,
                "resource_id": number,
                "status": status,
                "data": data,
            },
            source=SOURCE,
            next_attempt_at=func.now(),
        )
        .on_conflict_do_nothing(index_elements=[WebhookRecord.dedup_key])
        .returning(WebhookRecord.id)
    )
