"""Lists the money of a cashbox that is on no receipt of its day, or not as money, so that every tenge has a line."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from shared.books.model import Entry, OtherMoney
from shared.books.read.days import Days
from shared.clock import almaty_date
from shared.fiscal.statuses import (
    AccountUse,
    NoMoney,
    PaymentPurpose,
    PaymentState,
    ReceiptKind,
    ReceiptState,
    RecordState,
)
from shared.storage.models import CashboxOrder, LoyaltyRecord, PaymentRecord, Receipt, WebhookRecord
from shared.storage.models.desk.cashbox_order import OrderKind, OrderState

# Items of Altegio on which cash is moved from one till to another, in the words they were seen in or may be.
_OWN_MONEY = re.compile(
    r"инкасс|размен|мелоч|перемещ|перевод между|внесени|подкреплени|сдача в банк|collection|transfer|float|petty|cash.?in",
    re.IGNORECASE,
)
_ASIDE = {
    AccountUse.NONE: Entry.NONE,
    AccountUse.ELSEWHERE: Entry.ELSEWHERE,
    AccountUse.DEPOSIT: Entry.DEPOSIT,
}
_BY_PURPOSE = {
    PaymentPurpose.DEPOSIT: Entry.TOP_UP,
    PaymentPurpose.TIP: Entry.TIP,
    PaymentPurpose.FEE: Entry.OTHER_OUT,
}
_BY_MEANS = {
    NoMoney.DEPOSIT: Entry.DEPOSIT,
    NoMoney.CERTIFICATE: Entry.CERTIFICATE,
    NoMoney.MEMBERSHIP: Entry.MEMBERSHIP,
    NoMoney.BONUS: Entry.BONUS,
}
_DRAWER = {OrderKind.DEPOSIT: Entry.DRAWER_IN, OrderKind.WITHDRAWAL: Entry.DRAWER_OUT}


def classify(payment: PaymentRecord) -> Entry | None:
    """Returns the line of a movement that Altegio tells; None for what is in the columns, or was noted without its sign.

    What we booked ourselves was taken at the desk, and is in the column of the desk.
    """
    purpose, use = PaymentPurpose(payment.purpose), AccountUse(payment.kind) if payment.kind else None
    if purpose is PaymentPurpose.BOOKED:
        return None
    if purpose is PaymentPurpose.REFUND:
        return _ASIDE.get(use, Entry.REFUND) if use else Entry.REFUND
    if purpose is PaymentPurpose.SALE:
        return _ASIDE.get(use) if use else None
    if purpose in _BY_PURPOSE:
        return _BY_PURPOSE[purpose]
    if payment.is_outgo is None:
        return None
    if payment.is_outgo:
        return Entry.CASH_OUT if use is AccountUse.CASH else Entry.OTHER_OUT
    if not _OWN_MONEY.search(payment.item_title or ""):
        return Entry.UNEXPLAINED
    return Entry.CASH_IN if use is AccountUse.CASH else Entry.TRANSFER


def list_other_money(session: Session, cashbox_id: int, is_ours: Callable[[int], bool], days: Days) -> list[OtherMoney]:
    """Returns it in the order of the days. `is_ours`: whether a salon's money is counted at this cashbox."""
    found = [
        *_list_told(session, days),
        *_list_loyalty(session, days),
        *_list_staff_goods(session, days),
    ]
    ours = [*_list_prepaid(session, cashbox_id, days), *_list_drawer(session, cashbox_id, days)]
    return sorted(
        (*(money for money in found if is_ours(money.company_id)), *ours), key=lambda money: (money.day, money.entry)
    )


def _list_told(session: Session, days: Days) -> Iterator[OtherMoney]:
    """A top-up that has a receipt is in the columns, like anything sold."""
    has_receipt = exists().where(
        Receipt.company_id == PaymentRecord.company_id,
        Receipt.document_id == PaymentRecord.document_id,
        Receipt.kind == ReceiptKind.SALE,
        Receipt.state != ReceiptState.REJECTED,
        PaymentRecord.purpose == PaymentPurpose.DEPOSIT,
    )
    query = select(PaymentRecord).where(
        days.contain(PaymentRecord.paid_at),
        PaymentRecord.state == PaymentState.ACTIVE,
        PaymentRecord.operation_id.is_not(None),
        _may_be_aside(),
        ~has_receipt,
    )
    for payment in session.scalars(query.order_by(PaymentRecord.id)):
        entry = classify(payment)
        if entry is None:
            continue
        is_back = payment.purpose == PaymentPurpose.REFUND and entry is not Entry.REFUND
        yield OtherMoney(
            entry=entry,
            day=almaty_date(payment.paid_at),
            amount=-payment.amount if is_back else payment.amount,
            company_id=payment.company_id,
            record_id=payment.record_id,
            document_id=payment.document_id,
            note=" ".join(filter(None, (payment.item_title, payment.account_title, f"№ {payment.operation_id}"))),
        )


def _may_be_aside() -> ColumnElement[bool]:
    """Leaves out most of what `classify` finds in the columns, so that it need not be read."""
    is_sale = PaymentRecord.purpose == PaymentPurpose.SALE
    return or_(and_(~is_sale, PaymentRecord.purpose != PaymentPurpose.BOOKED), PaymentRecord.kind.in_(list(_ASIDE)))


def _list_loyalty(session: Session, days: Days) -> Iterator[OtherMoney]:
    """On the day on which it was read."""
    query = select(LoyaltyRecord).where(days.contain(LoyaltyRecord.created_at), LoyaltyRecord.means.in_(list(_BY_MEANS)))
    for row in session.scalars(query.order_by(LoyaltyRecord.id)):
        entry, day = _BY_MEANS[NoMoney(row.means)], almaty_date(row.created_at)
        yield OtherMoney(entry, day, row.amount, row.company_id, row.record_id, row.document_id)


def _list_staff_goods(session: Session, days: Days) -> Iterator[OtherMoney]:
    """Goods that were taken and for which no payment was told: on wages, or given. By the newest word on each line."""
    data, later = WebhookRecord.body["data"], aliased(WebhookRecord)
    is_told_again = exists().where(
        later.company_id == WebhookRecord.company_id,
        later.resource == WebhookRecord.resource,
        later.resource_id == WebhookRecord.resource_id,
        later.id > WebhookRecord.id,
        later.state != RecordState.INVALID,
    )
    query = select(WebhookRecord.company_id, WebhookRecord.document_id, WebhookRecord.created_at, data["cost"].astext).where(
        WebhookRecord.state == RecordState.DEAD_LETTERED,
        WebhookRecord.error_code == "no_money",
        WebhookRecord.resource == "goods_operations_sale",
        WebhookRecord.status != "delete",
        ~is_told_again,
        days.contain(WebhookRecord.created_at),
        func.jsonb_typeof(data["cost"]).in_(("number", "string")),
        data["cost"].astext.op("~")(r"^-?[0-9]{1,12}([.][0-9]+)?$"),
    )
    for company_id, document_id, created_at, cost in session.execute(query.order_by(WebhookRecord.id)):
        amount = abs(Decimal(cost))
        yield OtherMoney(Entry.STAFF_GOODS, almaty_date(created_at), amount, company_id, None, document_id)


def _list_prepaid(session: Session, cashbox_id: int, days: Days) -> Iterator[OtherMoney]:
    query = select(Receipt).where(
        Receipt.cashbox_id == cashbox_id,
        Receipt.operation_id.is_not(None),
        Receipt.state == ReceiptState.ISSUED,
        days.contain(Receipt.issued_at),
    )
    for receipt in session.scalars(query.order_by(Receipt.id)):
        day = almaty_date(receipt.issued_at or receipt.created_at)
        note = receipt.fiscal_number or ""
        yield OtherMoney(Entry.PREPAID, day, receipt.total, receipt.company_id, receipt.record_id, None, note)


def _list_drawer(session: Session, cashbox_id: int, days: Days) -> Iterator[OtherMoney]:
    query = select(CashboxOrder).where(
        CashboxOrder.cashbox_id == cashbox_id,
        CashboxOrder.kind.in_(list(_DRAWER)),
        CashboxOrder.state == OrderState.DONE,
        days.contain(CashboxOrder.done_at),
    )
    for order in session.scalars(query.order_by(CashboxOrder.id)):
        assert order.amount is not None
        assert order.done_at is not None
        day = almaty_date(order.done_at)
        yield OtherMoney(_DRAWER[OrderKind(order.kind)], day, order.amount, 0, note=order.reason or "")
