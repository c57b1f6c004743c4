"""Selects the tasks of deliveries and receipts: given up, due to be returned, forgotten, money not given back yet."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select

from api.acquire.access.salons import Salons
from api.acquire.tasks.given_up import list_given_up
from api.acquire.tasks.kinds import TaskKind, make_task
from api.acquire.visits.queries import is_return_due
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, ReceiptState, RecordState
from shared.storage import refused_returns
from shared.storage.models import HandBack, Receipt, Visit, WebhookRecord

# Between a refusal and the decision about it a receipt has no next attempt for a moment.
_FORGOTTEN_AFTER = timedelta(minutes=10)
# Whoever made a return has so long to give the money back before it is a task.
_TICKED_WITHIN = timedelta(minutes=15)


def select_dead_letters(salons: Salons) -> Select[Any]:
    """Returns deliveries that were given up."""
    total = select(Visit.total).where(Visit.delivery_id == WebhookRecord.id).limit(1).scalar_subquery()
    number = select(Visit.record_id).where(Visit.delivery_id == WebhookRecord.id).limit(1).scalar_subquery()
    return (
        make_task(
            TaskKind.DEAD_LETTER,
            id=WebhookRecord.id,
            since=WebhookRecord.created_at,
            amount=func.coalesce(total, Receipt.total),
            company_id=WebhookRecord.company_id,
            record_id=func.coalesce(number, Receipt.record_id),
            document_id=WebhookRecord.document_id,
            receipt_id=Receipt.id,
            code=WebhookRecord.error_code,
            said=func.coalesce(Receipt.error_text, WebhookRecord.reason),
            fiscal_number=Receipt.fiscal_number,
        )
        .select_from(WebhookRecord)
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .where(*list_given_up(salons))
    )


def _of_receipt(kind: TaskKind, since: Any, said: Any) -> Select[Any]:
    return make_task(
        kind,
        id=Receipt.id,
        since=since,
        amount=Receipt.total,
        company_id=Receipt.company_id,
        record_id=Receipt.record_id,
        document_id=Receipt.document_id,
        receipt_id=Receipt.id,
        code=Receipt.error_code,
        said=said,
        fiscal_number=Receipt.fiscal_number,
    )


def select_returns_due(salons: Salons) -> Select[Any]:
    """Returns receipts of which Altegio took back the money."""
    since = func.coalesce(Receipt.paid_back_since, Receipt.issued_at, Receipt.created_at)
    due = _of_receipt(TaskKind.RETURN_DUE, since, Receipt.return_due_reason)
    return due.where(is_return_due(), salons.allow(Receipt.company_id))


def select_refused_returns(salons: Salons) -> Select[Any]:
    """Returns sales whose return was refused."""
    refused = refused_returns.select_refused_returns().subquery("refused")
    return make_task(
        TaskKind.RETURN_REFUSED,
        id=refused.c.id,
        since=refused.c.created_at,
        amount=func.coalesce(refused.c.return_total, refused.c.total),
        company_id=refused.c.company_id,
        record_id=refused.c.record_id,
        document_id=refused.c.document_id,
        receipt_id=refused.c.sale_id,
        code=refused.c.error_code,
        said=func.coalesce(refused.c.error_text, refused.c.refusal),
        fiscal_number=refused.c.fiscal_number,
    ).where(salons.allow(refused.c.company_id))


def select_waiting(salons: Salons) -> Select[Any]:
    """Returns receipts that nobody sees to any more, though no delivery says so."""
    is_told = exists().where(WebhookRecord.receipt_id == Receipt.id, WebhookRecord.state == RecordState.DEAD_LETTERED)
    return _of_receipt(TaskKind.WAITING, Receipt.created_at, Receipt.error_text).where(
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        Receipt.next_attempt_at.is_(None),
        Receipt.sending_since.is_(None),
        Receipt.created_at < func.now() - _FORGOTTEN_AFTER,
        ~is_told,
        salons.allow(Receipt.company_id),
    )


def select_hand_backs(salons: Salons) -> Select[Any]:
    """Returns money of returns that nobody has ticked off."""
    return (
        make_task(
            TaskKind.HAND_BACK,
            id=HandBack.id,
            since=Receipt.issued_at,
            amount=HandBack.amount,
            company_id=Receipt.company_id,
            record_id=Receipt.record_id,
            document_id=Receipt.document_id,
            receipt_id=Receipt.id,
            code=HandBack.kind,
            fiscal_number=Receipt.fiscal_number,
        )
        .select_from(HandBack)
        .join(Receipt, Receipt.id == HandBack.return_receipt_id)
        .where(
            HandBack.ticked_at.is_(None),
            Receipt.state == ReceiptState.ISSUED,
            Receipt.issued_at < func.now() - _TICKED_WITHIN,
            salons.allow(Receipt.company_id),
        )
    )
