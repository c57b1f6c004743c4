"""Bodies of Altegio's two ledgers, money and goods. Pure, like `bodies`."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Body, Payment, Visit, fill, local, stamp, wire_number
from dev.simulator.altegio.salon import Line, Person, Specialist, Till

SERVICE_INCOME = {"id": 5, "title": "Оказание услуг", "type": 7}
GOODS_INCOME = {"id": 7, "title": "Продажа товаров", "type": 7}
DEPOSIT_INCOME = {"id": 11, "title": "Пополнение счёта", "type": 7}
OTHER_INCOME = {"id": 14, "title": "Прочие доходы", "type": 7}
OTHER_OUTGO = {"id": 12, "title": "Прочие расходы", "type": 1}
REFUND_OUTGO = {"id": 13, "title": "Возврат клиенту", "type": 1}
# How an operation names what it paid for, as two live clients of the product show it, by the kind of what was sold.
SOLD_AS = {"certificate": "loyalty_certificate", "abonement": "loyalty_abonement"}
# Altegio's types of loyalty transactions, in its own words.
LOYALTY_TYPES = {
    1: "Promotion discount",
    2: "Loyalty programs",
    3: "Withdrawal from loyalty card",
    4: "Referral program",
    5: "Manual top-up",
    6: "Manual withdrawal",
    7: "Expiration",
    8: "Write-off from the certificate",
    9: "Membership use",
    10: "Membership recalculation",
    11: "Withdrawal from personal account",
}
FEE_COMMENT = "Автоматически созданная операция списания комиссии за эквайринг."


def payment_body(payment: Payment, visit: Visit | None, changed_at: datetime, expense: Body | None = None) -> Body:
    """One money movement for one sold line; `visit` is None for goods sold over the counter."""
    is_service, loyalty = payment.line.kind == "service", payment.line.ware.loyalty
    sold_as = SOLD_AS[loyalty] if loyalty else "service" if is_service else "goods_transaction"
    return _money(
        payment.id,
        payment.amount,
        payment.till,
        payment.paid_at,
        document_id=payment.document_id,
        last_change_date=stamp(changed_at),
        sold_item_id=payment.line.ware.id if is_service else payment.line.id,
        sold_item_type=sold_as,
        expense=expense or (SERVICE_INCOME if is_service or loyalty else GOODS_INCOME),
        **(_place(visit) if visit else {}),
    )


def _place(visit: Visit) -> Body:
    return {
        "record_id": visit.record_id,
        "visit_id": visit.visit_id,
        "master": _titled(visit.specialist),
        "client": _ledger_client(visit.client),
        "record": {"id": visit.record_id, "date": local(visit.starts_at), "staff_id": visit.specialist.id},
    }


def fee_body(operation_id: int, fee: Decimal, till: Till, moment: datetime) -> Body:
    """The bank's commission: negative, and tied to no visit."""
    return _money(operation_id, -fee, till, moment, comment=FEE_COMMENT, expense=OTHER_OUTGO)


def deposit_body(
    operation_id: int, document_id: int, amount: Decimal, till: Till, client: Person | None, moment: datetime
) -> Body:
    """A client's own account is topped up: income by a document of its own, and nothing was sold."""
    told = {"document_id": document_id, "expense": DEPOSIT_INCOME, "client": _ledger_client(client)}
    return _money(operation_id, amount, till, moment, **told)


def apart_body(
    operation_id: int, amount: Decimal, till: Till, moment: datetime, expense: Body, visit: Visit | None = None
) -> Body:
    """Money of a visit, or of none, that paid for nothing of it: tips, other income, cash to the bank."""
    return _money(operation_id, amount, till, moment, expense=expense, **(_place(visit) if visit else {}))


def _money(operation_id: int, amount: Decimal, till: Till, at: datetime, **more: Any) -> Body:
    account = {"id": till.id, "title": till.title, "is_cash": till.is_cash, "is_default": till.is_cash}
    told = {"last_change_date": stamp(at), "account": account, **more}
    return fill("money", id=operation_id, date=stamp(at), amount=wire_number(amount), **told)


def loyalty_body(
    operation_id: int, type_id: int | None, amount: Decimal, visit: Visit, moment: datetime, *, status_id: int = 1
) -> Body:
    """What was spent, or only accrued. No webhook tells of it; the sale document and visit details do, each in its own way.

    Without a type, as some installations answer, the flags are all that is said.
    """
    owner = {"document_id": visit.document_id, "record_id": visit.record_id, "visit_id": visit.visit_id}
    flags = {"is_discount": type_id == 1, "is_loyalty_withdraw": type_id in {None, 3, 6, 8, 9, 11}}
    typed = {"type_id": type_id, "type": {"id": type_id, "title": LOYALTY_TYPES[type_id]}} if type_id else {}
    used = {name: operation_id for name, its_type in _USED.items() if its_type == type_id}
    body = fill("loyalty", id=operation_id, amount=wire_number(amount), status_id=status_id, **owner, **flags)
    return {**body, **typed, **used, "created_at": stamp(moment), "last_change_date": stamp(moment)}


_USED = {"loyalty_certificate_id": 8, "loyalty_abonement_id": 9, "deposit_transaction_id": 11, "loyalty_card_id": 3}


def goods_sale_body(
    line: Line, document_id: int, sold_at: datetime, changed_at: datetime, visit: Visit | None = None
) -> Body:
    """One product line. It carries no payment, and empty relations are lists, not nulls."""
    ware, place = line.ware, _place(visit) if visit else {}
    return fill(
        "goods_sale",
        id=line.id,
        document_id=document_id,
        good={"id": ware.id, "title": ware.title},
        amount=-line.quantity,
        create_date=stamp(sold_at),
        cost_per_unit=wire_number(ware.price),
        cost=wire_number(line.total),
        discount=wire_number(line.discount),
        last_change_date=stamp(changed_at),
        loyalty_abonement_id=line.id if ware.loyalty == "abonement" else 0,
        loyalty_certificate_id=line.id if ware.loyalty == "certificate" else 0,
        **{name: place[name] for name in ("master", "record_id", "client") if place},
    )


def _titled(specialist: Specialist) -> Body:
    return {"id": specialist.id, "title": specialist.name}


def _ledger_client(client: Person | None) -> Body | list[Any]:
    return fill("ledger_client", **asdict(client)) if client else []
