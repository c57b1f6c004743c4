"""A `goods_operations_sale` delivery: one product line. The lines of one sale document make one receipt."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.altegio import GOODS_SALE, GoodsOperation
from shared.clock import almaty_date, utc_now
from shared.models import Receipt, WebhookRecord
from shared.money import ZERO
from shared.statuses import RecordState
from worker.payments import load_payments, seconds_to_wait
from worker.receipt_builder import CannotBuild, build_draft, build_goods_lines, choose_vat_rate
from worker.resolution import Resolution
from worker.rules import AskPerson, AwaitPayment, IssueReceipt, find_reason_to_ignore_goods, may_turn_with_payments, settle
from worker.sales import (
    NoCashbox,
    Subject,
    find_sale,
    get_cashbox,
    issue_sale,
    join_sale,
    mark_return_due,
    may_be_changed,
    withdraw_unsent,
)
from worker.services import Services


def decide_goods(services: Services, session: Session, row: WebhookRecord, operation: GoodsOperation) -> Resolution:
    assert row.company_id is not None
    reason = find_reason_to_ignore_goods(operation, services.policy)
    if reason:
        return Resolution.ignored(reason)
    subject = Subject(row.company_id, document_id=operation.document_id)
    sale = find_sale(session, subject)
    deliveries = _load_deliveries(session, subject)
    sold = _find_sold(deliveries, services)
    if not sold:
        return _withdraw(session, sale)
    newest = max(delivery.created_at for delivery in deliveries)
    wait = _seconds_to_wait(newest, services)
    if wait > 0:
        return Resolution.waiting("more lines of this sale may follow", wait)
    try:
        return _settle(services, session, subject, sale, sold, newest, almaty_date(_sold_at(sold[0], row)))
    except CannotBuild as problem:
        return Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        return Resolution.dead("no_cashbox", str(problem))


def _withdraw(session: Session, sale: Receipt | None) -> Resolution:
    reason = "the sale was deleted"
    withdraw_unsent(session, sale, reason)
    return mark_return_due(sale, reason) if sale else Resolution.ignored(reason)


def _settle(
    services: Services,
    session: Session,
    subject: Subject,
    sale: Receipt | None,
    sold: list[GoodsOperation],
    newest: datetime,
    sold_on: date,
) -> Resolution:
    """Raises CannotBuild, NoCashbox."""
    lines = build_goods_lines(sold, amounts_in_tiyn=services.policy.amounts_in_tiyn)
    total = sum((line.total for line in lines), ZERO)
    if total == ZERO:
        return Resolution.ignored("everything was free")
    if sale is not None and not may_be_changed(sale):
        if sale.total == total:
            return join_sale(session, sale, "the receipt of this sale exists")
        reason = f"the receipt says {sale.total} ₸, the sale now says {total} ₸"
        return Resolution.dead("difference", reason, receipt_id=sale.id)
    decision = settle(total, load_payments(session, subject), services.policy)
    if sale is None and may_turn_with_payments(decision):
        wait = seconds_to_wait(services, session, subject, newest)
        if wait > 0:
            return Resolution.waiting("payments of this sale may follow", wait)
    match decision:
        case IssueReceipt(kinds):
            rate = choose_vat_rate(services.settings.webkassa_vat, sold_on)
            cashbox = get_cashbox(session, subject.company_id, services.settings.webkassa_shop_id)
            return issue_sale(session, subject, sale, build_draft(lines, kinds, rate), cashbox)
        case AskPerson(code, reason):
            return Resolution.dead(code, reason)
        case AwaitPayment(reason):
            return Resolution.awaiting(reason)


def _load_deliveries(session: Session, subject: Subject) -> list[WebhookRecord]:
    """Every delivery about the document, in the order of Altegio's changes."""
    stored = (
        select(WebhookRecord)
        .where(
            WebhookRecord.company_id == subject.company_id,
            WebhookRecord.document_id == subject.document_id,
            WebhookRecord.resource == GOODS_SALE,
            WebhookRecord.state != RecordState.INVALID,
        )
        .order_by(func.coalesce(WebhookRecord.changed_at, WebhookRecord.created_at), WebhookRecord.id)
    )
    return list(session.scalars(stored))


def _find_sold(deliveries: list[WebhookRecord], services: Services) -> list[GoodsOperation]:
    """The lines that are still sold, by the newest word on each."""
    lines: dict[int, GoodsOperation | None] = {}
    for delivery in deliveries:
        operation = GoodsOperation.model_validate((delivery.body or {}).get("data"))
        if find_reason_to_ignore_goods(operation, services.policy) is None:
            is_deleted = delivery.status == "delete" or operation.deleted
            lines[delivery.resource_id or 0] = None if is_deleted else operation
    return [line for line in lines.values() if line is not None]


def _seconds_to_wait(newest: datetime, services: Services) -> float:
    """Altegio sends a webhook for each line; the receipt has to wait until no more come."""
    return services.settings.goods_wait_seconds - (utc_now() - newest).total_seconds()


def _sold_at(operation: GoodsOperation, row: WebhookRecord) -> datetime:
    return operation.create_date or row.changed_at or row.created_at or utc_now()
