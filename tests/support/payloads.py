"""Altegio's bodies in the small: what a test is about is an argument, everything else is left out."""

from typing import Any

COMPANY = 307626
T0 = "2026-03-02T12:00:00+0500"
T1 = "2026-03-02T12:00:01+0500"
T2 = "2026-03-02T12:00:02+0500"
T3 = "2026-03-02T12:00:03+0500"

SAMPLE: dict[str, Any] = {
    "company_id": 307626,
    "resource": "record",
    "resource_id": 596792978,
    "status": "update",
    "data": {
        "id": 596792978,
        "date": "2025-07-12 12:10:00",
        "comment": "фч",
        "services": [{"title": "Стрижка детская", "cost": 4000}],
        "client": {"name": "Вячослав", "phone": "+77770220606"},
    },
}


def envelope(resource: str, resource_id: int, status: str, data: Any, company: int = COMPANY) -> dict[str, Any]:
    return {
        "company_id": company,
        "resource": resource,
        "resource_id": resource_id,
        "status": status,
        "data": data,
    }


def visit(
    record_id: int = 1001,
    cost: Any = 4000,
    *,
    status: str = "update",
    paid: Any = 1,
    changed: str | None = T1,
    company: int = COMPANY,
    **data: Any,
) -> dict[str, Any]:
    """A visit of one service. `paid=None` leaves the flag out, so the body is silent on payment."""
    body: dict[str, Any] = {
        "id": record_id,
        "date": "2026-03-02 12:10:00",
        "services": [{"title": "Стрижка", "cost": cost}],
        **({"last_change_date": changed} if changed else {}),
        **({"paid_full": paid} if paid is not None else {}),
    }
    return envelope("record", record_id, status, {**body, **data}, company)


def payment(
    operation_id: int,
    amount: Any,
    *,
    record_id: int = 1001,
    cash: bool | None = True,
    till: str = "Касса",
    status: str = "create",
    changed: str | None = T1,
    **data: Any,
) -> dict[str, Any]:
    account = {"id": 7, "title": till} | ({} if cash is None else {"is_cash": cash})
    body = {
        "id": operation_id,
        "record_id": record_id,
        "visit_id": record_id + 1 if record_id else 0,
        "amount": amount,
        "account": account,
        **({"last_change_date": changed} if changed else {}),
    }
    return envelope("finances_operation", operation_id, status, {**body, **data})


def goods(
    line_id: int,
    cost: Any,
    *,
    document_id: int = 5001,
    title: str = "Шампунь",
    status: str = "create",
    changed: str = T1,
    **data: Any,
) -> dict[str, Any]:
    body = {
        "id": line_id,
        "document_id": document_id,
        "type_id": 1,
        "record_id": 0,
        "good": {"id": line_id, "title": title},
        "amount": -1,
        "cost_per_unit": cost,
        "cost": cost,
        "create_date": "2026-03-02T12:00:00+0500",
        "last_change_date": changed,
    }
    return envelope("goods_operations_sale", line_id, status, {**body, **data})
