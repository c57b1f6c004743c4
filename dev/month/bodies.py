"""What Altegio posts in this month: visits, their payments, goods over the counter. Moments are those of the salon."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dev.simulator.altegio.bodies import envelope, local, stamp

TILLS = {"cash": ("Касса", True), "card": ("POS-терминал", False), "mobile": ("Kaspi QR", False)}


def describe_visit(company: int, record_id: int, lines: Sequence[tuple[str, int]], at: datetime) -> dict[str, Any]:
    data = {
        "id": record_id,
        "date": local(at),
        "services": [{"title": title, "cost": cost} for title, cost in lines],
        "paid_full": 1,
        "last_change_date": stamp(at),
    }
    return envelope(company, "record", record_id, "update", data)


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
        "last_change_date": stamp(at),
    }
    return envelope(company, "finances_operation", operation_id, status, data)


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
        "create_date": stamp(at),
        "last_change_date": stamp(at),
    }
    payment = describe_payment(company, line_id + 1, 0, amount, "card", at)
    payment["data"] |= {"document_id": document, "visit_id": 0, "sold_item_type": "goods_transaction"}
    return [payment, envelope(company, "goods_operations_sale", line_id, "create", sold)]
