"""Webhook bodies, key by key as Altegio sends them. Pure: the same arguments give the same body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.salon import Line, Person, Specialist, Till, add_up

Envelope = dict[str, Any]
Body = dict[str, Any]


@dataclass(frozen=True)
class Visit:
    company_id: int
    record_id: int
    visit_id: int
    document_id: int
    starts_at: datetime
    created_at: datetime
    specialist: Specialist
    client: Person | None
    lines: tuple[Line, ...]
    comment: str = ""

    @property
    def services(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "service")

    @property
    def goods(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "good")

    @property
    def total(self) -> Decimal:
        """What is left to pay in money."""
        return add_up(line.to_pay for line in self.lines)


@dataclass(frozen=True)
class Payment:
    id: int
    document_id: int
    amount: Decimal
    till: Till
    line: Line
    paid_at: datetime


def envelope(company_id: int, resource: str, resource_id: int, status: str, data: Any) -> Envelope:
    return {
        "company_id": company_id,
        "resource": resource,
        "resource_id": resource_id,
        "status": status,
        "data": data,
    }


def wire_number(amount: Decimal) -> int | float:
    """PHP prints whole amounts without a fraction; two decimals survive the trip through a float."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def stamp(moment: datetime) -> str:
    """Altegio writes this offset without a colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0500")


def record_body(visit: Visit, changed_at: datetime, *, attendance: int, paid: bool, deleted: bool) -> Body:
    return {
        "id": visit.record_id,
        "company_id": visit.company_id,
        "staff_id": visit.specialist.id,
        "clients_count": 1 if visit.client else 0,
        "date": local(visit.starts_at),
        "comment": visit.comment,
        "online": visit.record_id % 2 == 0,
        "visit_id": visit.visit_id,
        "visit_attendance": attendance,
        "attendance": attendance,
        "confirmed": 1,
        "seance_length": 3600,
        "length": 3600,
        **_constant_fields(),
        "deleted": deleted,
        "paid_full": int(paid),
        "services": [_service(line) for line in visit.services],
        "staff": _staff(visit.specialist),
        "goods_transactions": [_goods_transaction(visit, line) for line in visit.goods],
        "client": _record_client(visit.client),
        "datetime": visit.starts_at.strftime("%Y-%m-%dT%H:%M:%S+05:00"),
        "create_date": stamp(visit.created_at),
        "last_change_date": stamp(changed_at),
        "custom_fields": [],
        "record_labels": [],
        "documents": [_document(visit)],
        "short_link": "https://short.example/c/Q1w2E/",
        "composite": [],
    }


def _constant_fields() -> Body:
    reminders = ("sms_before", "sms_now", "email_now", "notified", "sms_remain_hours", "email_remain_hours")
    zeros = (*reminders, "review_requested", "is_mobile", "activity_id", "bookform_id")
    texts = ("sms_now_text", "api_id", "from_url", "record_from", "custom_color", "custom_font_color")
    flags = ("prepaid", "prepaid_confirmed", "is_update_blocked")
    return {
        **dict.fromkeys(zeros, 0),
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(flags, False),
        "master_request": 1,
        "created_user_id": 14077,
        "comer": None,
        "comer_person_info": None,
    }


def _service(line: Line) -> Body:
    cost = wire_number(line.total)
    return {
        "id": line.ware.id,
        "title": line.ware.title,
        "cost": cost,
        "cost_to_pay": wire_number(line.to_pay),
        "manual_cost": cost,
        "cost_per_unit": wire_number(line.ware.price),
        "discount": wire_number(line.discount),
        "first_cost": wire_number(line.before_discount),
        "amount": line.quantity,
    }


def _goods_transaction(visit: Visit, line: Line) -> Body:
    return {
        "id": line.id,
        "title": line.ware.title,
        "barcode": line.ware.barcode,
        "article": line.ware.article,
        "amount": -line.quantity,
        "cost_per_unit": wire_number(line.ware.price),
        "price": wire_number(line.ware.price),
        "cost": wire_number(line.total),
        "discount": wire_number(line.discount),
        "operation_unit_type": 1,
        "master_id": visit.specialist.id,
        "storage_id": 26001,
        "good_id": line.ware.id,
    }


def _staff(specialist: Specialist) -> Body:
    return {
        "id": specialist.id,
        "api_id": None,
        "name": specialist.name,
        "specialization": specialist.specialization,
        "position": {"id": 930, "title": "Специалист", "services_binding_type": 0},
        "avatar": "https://img.example/s.png",
        "avatar_big": "https://img.example/b.png",
        "rating": 4.7,
        "votes_count": 31,
    }


def _record_client(client: Person | None) -> Body | None:
    if client is None:
        return None
    return {
        "id": client.id,
        "name": client.name,
        "surname": "",
        "patronymic": "",
        "display_name": client.name,
        "comment": "",
        "phone": client.phone,
        "card": "",
        "email": "",
        "success_visits_count": 3,
        "fail_visits_count": 0,
        "discount": 0,
        "custom_fields": [],
        "sex": 1,
        "birthday": "",
        "client_tags": [],
    }


def _document(visit: Visit) -> Body:
    return {
        "id": visit.document_id,
        "type_id": 7,
        "storage_id": 0,
        "user_id": 14077,
        "company_id": visit.company_id,
        "number": visit.document_id,
        "comment": "",
        "date_created": local(visit.starts_at),
        "category_id": 0,
        "visit_id": visit.visit_id,
        "record_id": visit.record_id,
        "type_title": "Визит",
        "is_sale_bill_printed": False,
    }


def client_body(client: Person, spent: Decimal, changed_at: datetime) -> Body:
    return {
        "id": client.id,
        "name": client.name,
        "surname": "",
        "patronymic": "",
        "display_name": client.name,
        "phone": client.phone,
        "email": "",
        "card": "",
        "birth_date": "",
        "comment": "",
        "discount": 0,
        "visits": 4,
        "sex_id": 1,
        "sex": "female",
        "sms_check": 0,
        "sms_bot": 0,
        "sms_not": 0,
        "spent": wire_number(spent),
        "paid": wire_number(spent),
        "balance": 0,
        "importance_id": 0,
        "importance": "",
        "categories": [],
        "last_change_date": stamp(changed_at),
        "custom_fields": {},
    }
