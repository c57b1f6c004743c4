"""Bodies of Altegio's two ledgers, money and goods. Pure, like `bodies`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Body, Payment, Visit, local, stamp, wire_number
from dev.simulator.altegio.salon import Line, Person, Specialist, Till

SERVICE_INCOME = {"id": 5, "title": "Оказание услуг", "type": 7}
GOODS_INCOME = {"id": 7, "title": "Продажа товаров", "type": 7}
DEPOSIT_INCOME = {"id": 11, "title": "Пополнение счёта", "type": 7}
OTHER_OUTGO = {"id": 12, "title": "Прочие расходы", "type": 1}
FEE_COMMENT = "Автоматически созданная операция списания комиссии за эквайринг."


def payment_body(payment: Payment, visit: Visit | None, changed_at: datetime) -> Body:
    """One money movement for one sold line; `visit` is None for goods sold over the counter."""
    is_service = payment.line.kind == "service"
    return {
        "id": payment.id,
        "document_id": payment.document_id,
        "date": stamp(payment.paid_at),
        "amount": wire_number(payment.amount),
        "comment": "",
        "last_change_date": stamp(changed_at),
        "record_id": visit.record_id if visit else 0,
        "visit_id": visit.visit_id if visit else 0,
        "sold_item_id": payment.line.ware.id if is_service else payment.line.id,
        "sold_item_type": "service" if is_service else "goods_transaction",
        "expense": SERVICE_INCOME if is_service else GOODS_INCOME,
        "master": _titled(visit.specialist) if visit else [],
        "supplier": [],
        "account": _account(payment.till),
        "client": _ledger_client(visit.client if visit else None),
        "record": _compact_record(visit) if visit else None,
    }


def fee_body(operation_id: int, fee: Decimal, till: Till, moment: datetime) -> Body:
    """The bank's commission: negative, and tied to no visit."""
    return _loose_body(operation_id, -fee, till, moment) | {"comment": FEE_COMMENT, "expense": OTHER_OUTGO}


def deposit_body(operation_id: int, amount: Decimal, till: Till, client: Person | None, moment: datetime) -> Body:
    """A client's own account is topped up: income, and nothing was sold."""
    body = _loose_body(operation_id, amount, till, moment)
    return body | {"expense": DEPOSIT_INCOME, "client": _ledger_client(client)}


def _loose_body(operation_id: int, amount: Decimal, till: Till, moment: datetime) -> Body:
    return {
        "id": operation_id,
        "document_id": 0,
        "date": stamp(moment),
        "amount": wire_number(amount),
        "comment": "",
        "last_change_date": stamp(moment),
        "record_id": 0,
        "visit_id": 0,
        "sold_item_id": 0,
        "sold_item_type": None,
        "expense": {},
        "master": [],
        "supplier": [],
        "account": _account(till),
        "client": [],
        "record": None,
    }


def loyalty_body(operation_id: int, amount: Decimal, title: str, visit: Visit, moment: datetime) -> Body:
    """A certificate or bonuses that were spent. No webhook tells of it; the sale document does."""
    return {
        "id": operation_id,
        "document_id": visit.document_id,
        "record_id": visit.record_id,
        "visit_id": visit.visit_id,
        "amount": wire_number(amount),
        "title": title,
        "is_discount": False,
        "is_loyalty_withdraw": True,
        "last_change_date": stamp(moment),
    }


def goods_sale_body(
    line: Line,
    document_id: int,
    sold_at: datetime,
    changed_at: datetime,
    visit: Visit | None = None,
) -> Body:
    """One product line. It carries no payment, and empty relations are lists, not nulls."""
    return {
        "id": line.id,
        "document_id": document_id,
        "type_id": 1,
        "type": "Продажа товара",
        "good": {"id": line.ware.id, "title": line.ware.title},
        "storage": {"id": 26001, "title": "Витрина"},
        "unit": {"id": 216, "title": "Штука", "short_title": "шт."},
        "operation_unit_type": 1,
        "amount": -line.quantity,
        "create_date": stamp(sold_at),
        "cost_per_unit": wire_number(line.ware.price),
        "cost": wire_number(line.total),
        "discount": wire_number(line.discount),
        "comment": "",
        "master": _titled(visit.specialist) if visit else [],
        "supplier": [],
        "record_id": visit.record_id if visit else 0,
        "service": [],
        "client": _ledger_client(visit.client if visit else None),
        "last_change_date": stamp(changed_at),
        "loyalty_abonement_id": line.id if line.ware.loyalty == "abonement" else 0,
        "loyalty_certificate_id": line.id if line.ware.loyalty == "certificate" else 0,
    }


def _titled(specialist: Specialist) -> Body:
    return {"id": specialist.id, "title": specialist.name}


def _account(till: Till) -> Body:
    return {"id": till.id, "title": till.title, "is_cash": till.is_cash, "is_default": till.is_cash}


def _ledger_client(client: Person | None) -> Body | list[Any]:
    if client is None:
        return []
    return {
        "id": client.id,
        "name": client.name,
        "surname": "",
        "patronymic": "",
        "phone": client.phone,
        "email": "",
    }


def _compact_record(visit: Visit) -> Body:
    return {"id": visit.record_id, "date": local(visit.starts_at), "staff_id": visit.specialist.id}
