"""The webhook that is measured: a paid visit of about 3 KB, with everything Altegio sends along."""

import json
from typing import Any

COMPANY = 307_001
# Stands for the record's number, so that a load generator can make a body unique by replacing text.
PLACE = "987654321"
_COMMENT = "Клиент просил напомнить за день до визита, аллергия на аммиак, в прошлый раз брали оттенок 7.1. "


def make_body(number: int, company: int = COMPANY, *, paid: bool = True) -> dict[str, Any]:
    """A visit of two services for 9,500 tenge."""
    return {
        "company_id": company,
        "resource": "record",
        "resource_id": number,
        "status": "update",
        "data": {
            "id": number,
            "company_id": company,
            "staff_id": 812345,
            "services": [_service(1, "Стрижка женская", 4000), _service(2, "Окрашивание корней", 5500)],
            "goods_transactions": [],
            "staff": {
                "id": 812345,
                "name": "Вымышленная Айгүл",
                "specialization": "Стилист-колорист",
                "position": {"id": 17, "title": "Мастер"},
                "avatar": "https://assets.example/images/no-master-sm.png",
                "avatar_big": "https://assets.example/images/no-master.png",
                "rating": 4.9,
                "votes_count": 132,
            },
            "client": {
                "id": 15_000_000,
                "name": "Дана",
                "surname": "Книжная",
                "patronymic": "",
                "display_name": "Дана Книжная",
                "comment": "",
                "phone": "+77010000000",
                "card": "",
                "email": "",
                "success_visits_count": 7,
                "fail_visits_count": 0,
                "discount": 0,
                "custom_fields": [],
            },
            "comer": None,
            "clients_count": 1,
            "date": "2026-03-02 12:10:00",
            "datetime": "2026-03-02T12:10:00+05:00",
            "create_date": "2026-02-27T09:41:12+0500",
            "last_change_date": "2026-03-02T13:20:11+0500",
            "comment": _COMMENT * 3,
            "online": True,
            "visit_attendance": 1,
            "attendance": 1,
            "confirmed": 1,
            "seance_length": 5400,
            "length": 5400,
            "sms_before": 0,
            "sms_now": 0,
            "notify_by_sms": 6,
            "notify_by_email": 0,
            "sms_remain_hours": 3,
            "master_request": 0,
            "api_id": "",
            "from_url": "https://n000001.example/company/307001/personal/select-time?o=m812345s1",
            "review_requested": False,
            "visit_id": number + 1,
            "created_user_id": 1_073_232,
            "deleted": False,
            "paid_full": 1 if paid else 0,
            "payment_status": 1 if paid else 0,
            "prepaid": False,
            "prepaid_confirmed": False,
            "is_update_blocked": False,
            "activity_id": 0,
            "bookform_id": 42,
            "record_from": "",
            "is_mobile": 0,
            "short_link": "https://n000001.example/c/XXXXX/YYYYY/",
            "record_labels": [
                {"id": 3001, "title": "Постоянный", "color": "#9fd5b5", "icon": "unlock", "font_color": "#ffffff"},
                {"id": 3002, "title": "По акции", "color": "#ffd2a0", "icon": "bookmark", "font_color": "#ffffff"},
            ],
            "custom_fields": {"source": "instagram", "coffee": "капучино без сахара"},
            "custom_color": "f44336",
            "documents": [
                {
                    "id": number + 2,
                    "type_id": 7,
                    "storage_id": 0,
                    "user_id": 1_073_232,
                    "company_id": company,
                    "number": number + 2,
                    "comment": "",
                    "date_created": "2026-03-02 12:10:00",
                    "category_id": 0,
                    "visit_id": number + 1,
                    "record_id": number,
                    "type_title": "Визит",
                    "is_sale_bill_printed": False,
                }
            ],
        },
    }


def _service(number: int, title: str, cost: int) -> dict[str, Any]:
    return {
        "id": 9_000_000 + number,
        "title": title,
        "cost": cost,
        "cost_to_pay": cost,
        "manual_cost": cost,
        "cost_per_unit": cost,
        "discount": 0,
        "first_cost": cost,
        "amount": 1,
    }


def encode(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def make_template() -> bytes:
    """A body whose own numbers are `PLACE` wherever they stand."""
    body = make_body(int(PLACE))
    body["data"]["visit_id"] = 1
    body["data"]["documents"][0] |= {"id": 2, "number": 2, "visit_id": 1}
    return encode(body)
