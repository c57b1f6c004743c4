"""Makes the same sale once more, paid in other ways, when the return of a receipt that said the wrong ones is issued."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import PAYMENT_TYPES
from shared.fiscal.statuses import PaymentKind, ReceiptKind, ReceiptState, RecordState
from shared.logging import get_logger
from shared.storage.db import Executor
from shared.storage.models import AuditEvent, Checkout, PaymentRecord, Receipt, ReturnOrder, WebhookRecord
from worker.decide.sales import prepaid_number
from worker.receipt.request import as_number
from worker.salon.customer.outbox import repeat_messages

log = get_logger(__name__)


def sell_anew(executor: Executor, sale_id: int, voided_checkout: int | None) -> None:
    """After a sale was returned in full, where its order says so. In the transaction of the return, so that it is made once.

    `voided_checkout`: the payment at the desk that the return ended; the new sale has one of its own.
    """
    wish = executor.execute(
        select(ReturnOrder.__table__, Receipt.cashbox_id, Receipt.request["CashboxUniqueNumber"].astext.label("cashbox"))
        .join(Receipt, Receipt.id == ReturnOrder.return_receipt_id)
        .where(
            ReturnOrder.receipt_id == sale_id,
            ReturnOrder.is_correction,
            # An earlier wish may have ended with a return that Webkassa refused.
            Receipt.state == ReceiptState.ISSUED,
        )
    ).first()
    if wish is None:
        return
    sale = executor.execute(select(Receipt.__table__).where(Receipt.id == sale_id)).one()
    told = wish.sold_anew or {wish.sold_anew_as: sale.total}
    parts = {PaymentKind(kind): Decimal(amount) for kind, amount in told.items()}
    change = _find_change(parts, wish.cash_received)
    request = {**sale.request, "CashboxUniqueNumber": wish.cashbox, **_describe_payments(parts, change)}
    receipt_id = _create(executor, sale, wish, request)
    repeat_messages(executor, sale_id, receipt_id)
    _join_deliveries(executor, sale_id, receipt_id)
    if voided_checkout is not None:
        _pay_anew(executor, voided_checkout, wish.id, parts, change)
    _record(executor, wish, sale, receipt_id, parts)
    log.info("sold anew", receipt_id=receipt_id, basis_receipt_id=sale_id)


def _record(executor: Executor, wish: Any, sale: Any, receipt_id: int, parts: Mapping[PaymentKind, Decimal]) -> None:
    """Into the trail, as the deed of whoever ordered it: with the order there, both receipts are."""
    told = {"return_order_id": wish.id, "replaces": sale.id, "kinds": {kind: str(amount) for kind, amount in parts.items()}}
    event = {"staff_user_id": wish.staff_user_id, "action": "sold_anew", "subject": f"receipt {receipt_id}"}
    executor.execute(insert(AuditEvent).values(**event, company_id=sale.company_id, details=told))


def _find_change(parts: Mapping[PaymentKind, Decimal], cash_received: Decimal | None) -> Decimal:
    return cash_received - parts[PaymentKind.CASH] if cash_received and PaymentKind.CASH in parts else ZERO


def _describe_payments(parts: Mapping[PaymentKind, Decimal], change: Decimal) -> dict[str, Any]:
    """Of cash, Webkassa is told what was handed over, and the change."""
    sums = {kind: amount + (change if kind is PaymentKind.CASH else ZERO) for kind, amount in sorted(parts.items())}
    payments = [{"Sum": as_number(amount), "PaymentType": PAYMENT_TYPES[kind]} for kind, amount in sums.items()]
    return {"Payments": payments, "Change": as_number(change)}


def _create(executor: Executor, sale: Any, wish: Any, request: dict[str, Any]) -> int:
    """Under the next number that is free: another salon may have the same ones."""
    names = ("company_id", "record_id", "document_id", "operation_id", "total", "tax")
    values = {name: getattr(sale, name) for name in names} | {"cashbox_id": wish.cashbox_id, "kind": ReceiptKind.SALE}
    values |= {"replaces_id": sale.id, "staff_user_id": sale.staff_user_id or wish.staff_user_id}
    first = prepaid_number(sale.operation_id) if sale.operation_id else sale.request["ExternalOrderNumber"]
    place, created = _count_sales(executor, sale), None
    while created is None:
        place += 1
        number = f"{first}_{place}"
        told = {"external_check_number": number, "request": request | {"ExternalCheckNumber": number}}
        statement = insert_or(Receipt).values(**values, **told, next_attempt_at=func.now())
        created = executor.execute(
            statement.on_conflict_do_nothing(index_elements=[Receipt.external_check_number]).returning(Receipt.id)
        ).scalar()
    return int(created)


def _count_sales(executor: Executor, sale: Any) -> int:
    same = select(func.count()).where(
        Receipt.company_id == sale.company_id,
        Receipt.kind == ReceiptKind.SALE,
        Receipt.record_id.is_not_distinct_from(sale.record_id),
        Receipt.document_id.is_not_distinct_from(sale.document_id),
        Receipt.operation_id.is_not_distinct_from(sale.operation_id),
    )
    return int(executor.execute(same).scalar_one())


def _join_deliveries(executor: Executor, sale_id: int, receipt_id: int) -> None:
    """Should the new one fail, whoever told of the sale tells of that."""
    executor.execute(
        update(WebhookRecord)
        .where(WebhookRecord.receipt_id == sale_id, WebhookRecord.state == RecordState.PROCESSED)
        .values(receipt_id=receipt_id, state=RecordState.PROCESSING, processed_at=None)
    )


def _pay_anew(
    executor: Executor, voided_checkout: int, order_id: int, parts: Mapping[PaymentKind, Decimal], change: Decimal
) -> None:
    of_customer = ("customer_email", "customer_phone", "customer_xin", "to_client")
    names = ("company_id", "record_id", "staff_user_id", "total", *of_customer)
    copied = [getattr(Checkout, name) for name in names]
    received = parts[PaymentKind.CASH] + change if PaymentKind.CASH in parts else ZERO
    own = {
        "form_key": uuid5(NAMESPACE_OID, f"sold anew by return {order_id}"),
        "cash_received": received,
        "change": change,
    }
    checkout = select(*copied, *(literal(value, getattr(Checkout, name).type) for name, value in own.items()))
    new_id, company_id, record_id = executor.execute(
        insert(Checkout)
        .from_select([*names, *own], checkout.where(Checkout.id == voided_checkout))
        .returning(Checkout.id, Checkout.company_id, Checkout.record_id)
    ).one()
    paid = {"company_id": company_id, "record_id": record_id, "checkout_id": new_id}
    executor.execute(insert(PaymentRecord), [{**paid, "kind": kind, "amount": amount} for kind, amount in parts.items()])
