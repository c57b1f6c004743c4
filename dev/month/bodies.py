"""What Altegio posts in this month: visits, their payments, goods over the counter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.clock import ALMATY

TILLS = {"cash": ("Касса", True), "card": ("POS-терминал", False), "mobile": ("Kaspi QR", False)}


def describe_visit(company: int, record_id: int, lines: Sequence[tuple[str, int]], at: datetime) -> dict[str, Any]:
    data = {
        "id": record_id,
        "date": at.astimezone(ALMATY).strftime("%Y-%m-%d %H:%M:%S"),
        "services": [{"title": title, "cost": cost} for title, cost in lines],
        "paid_full": 1,
        "last_change_date": _write(at),
    }
    return _wrap(company, "record", record_id, "update", data)


def describe_payment(
    company: int, operation_id: int, record_id: int, amount: int, kind: str, at: datetime, *, status: str = "create"
) -> dict[str, Any]:
    title, is_cash = TILLS[kind]
    data = {
        "id": operation_id,
        "record_id": record_id,
        "visit_id": record_id + 1,
        "amount": amount,
        "account": {"id": list(TILLS).index(kind) + 1, "title": title, "is_cash": is_cash},
        "last_change_date": _write(at),
    }
    return _wrap(company, "finances_operation", operation_id, status, data)


def describe_goods(company: int, line_id: int, amount: int, at: datetime) -> list[dict[str, Any]]:
    """A sale document of one line, and its payment."""
    document = line_id + 500_000
    sold = {
        "id": line_id,
        "document_id": document,
        "type_id": 1,
        "record_id": 0,
        "good": {"id": line_id, "title": "Шампунь"},
        "amount": -1,
        "cost_per_unit": amount,
        "cost": amount,
        "create_date": _write(at),
        "last_change_date": _write(at),
    }
    payment = describe_payment(company, line_id + 1, 0, amount, "card", at)
    payment["data"] |= {"document_id": document, "visit_id": 0, "sold_item_type": "goods_transaction"}
    return [payment, _wrap(company, "goods_operations_sale", line_id, "create", sold)]


def _wrap(company: int, resource: str, resource_id: int, status: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"company_id": company, "resource": resource, "resource_id": resource_id, "status": status, "data": data}


def _write(at: datetime) -> str:
    return at.astimezone(ALMATY).strftime("%Y-%m-%dT%H:%M:%S+0500")
