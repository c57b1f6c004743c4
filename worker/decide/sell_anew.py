"""Makes the same sale once more, paid in another way, when the return of a receipt that said the wrong one is issued."""

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.fiscal.payment_types import PAYMENT_TYPES
from shared.fiscal.statuses import PaymentKind, ReceiptKind, RecordState
from shared.logging import get_logger
from shared.storage.db import Executor
from shared.storage.models import Checkout, PaymentRecord, Receipt, ReturnOrder, WebhookRecord
from worker.decide.sales import prepaid_number
from worker.receipt.request import as_number
from worker.salon.customer.outbox import repeat_messages

log = get_logger(__name__)


def sell_anew(executor: Executor, sale_id: int, voided_checkout: int | None) -> None:
    """After a sale was returned in full, where its order says so. In the transaction of the return, so that it is made once.

    `voided_checkout`: the payment at the desk that the return ended; the new sale has one of its own.
    """
    wish = executor.execute(
        select(ReturnOrder.id, ReturnOrder.sold_anew_as, Receipt.cashbox_id, Receipt.request["CashboxUniqueNumber"].astext)
        .join(Receipt, Receipt.id == ReturnOrder.return_receipt_id)
        .where(ReturnOrder.receipt_id == sale_id, ReturnOrder.sold_anew_as.is_not(None))
    ).first()
    if wish is None:
        return
    order_id, kind, cashbox_id, cashbox = wish[0], PaymentKind(wish[1]), wish[2], wish[3]
    sale = executor.execute(select(Receipt.__table__).where(Receipt.id == sale_id)).one()
    payments = [{"Sum": as_number(sale.total), "PaymentType": PAYMENT_TYPES[kind]}]
    request = {**sale.request, "CashboxUniqueNumber": cashbox, "Payments": payments, "Change": 0}
    receipt_id = _create(executor, sale, cashbox_id, request)
    repeat_messages(executor, sale_id, receipt_id)
    _join_deliveries(executor, sale_id, receipt_id)
    if voided_checkout is not None:
        _pay_anew(executor, voided_checkout, order_id, kind)
    log.info("sold anew", receipt_id=receipt_id, basis_receipt_id=sale_id)


def _create(executor: Executor, sale: Any, cashbox_id: int, request: dict[str, Any]) -> int:
    """Under the next number that is free: another salon may have the same ones."""
    names = ("company_id", "record_id", "document_id", "operation_id", "total", "tax")
    values = {name: getattr(sale, name) for name in names} | {"cashbox_id": cashbox_id, "kind": ReceiptKind.SALE}
    first = prepaid_number(sale.operation_id) if sale.operation_id else sale.request["ExternalOrderNumber"]
    place, created = _count_sales(executor, sale), None
    while created is None:
        place += 1
        number = f"{first}_{place}"
        told = {"external_check_number": number, "request": request | {"ExternalCheckNumber": number}}
        statement = insert(Receipt).values(**values, **told, next_attempt_at=func.now())
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


def _pay_anew(executor: Executor, voided_checkout: int, order_id: int, kind: PaymentKind) -> None:
    of_customer = ("customer_email", "customer_phone", "customer_xin", "to_client")
    names = ("company_id", "record_id", "staff_user_id", "total", *of_customer)
    copied = [getattr(Checkout, name) for name in names]
    key = uuid5(NAMESPACE_OID, f"sold anew by return {order_id}")
    checkout = select(*copied, literal(key).label("form_key")).where(Checkout.id == voided_checkout)
    new_id, company_id, record_id, total = executor.execute(
        insert(Checkout)
        .from_select([*names, "form_key"], checkout)
        .returning(Checkout.id, Checkout.company_id, Checkout.record_id, Checkout.total)
    ).one()
    executor.execute(
        insert(PaymentRecord).values(company_id=company_id, record_id=record_id, kind=kind, amount=total, checkout_id=new_id)
    )
