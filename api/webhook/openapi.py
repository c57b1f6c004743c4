"""Describes the webhook for the OpenAPI page, with examples."""

from typing import Any

_VISIT = {
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
_PAID = {
    "company_id": 307626,
    "resource": "record",
    "resource_id": 596792979,
    "status": "update",
    "data": {
        "id": 596792979,
        "date": "2026-03-02 16:00:00",
        "paid_full": 1,
        "last_change_date": "2026-03-02T17:05:11+0500",
        "services": [
            {
                "title": "Окрашивание",
                "amount": 1,
                "cost_per_unit": 12000,
                "discount": 10,
                "cost": 10800,
                "cost_to_pay": 10800,
            }
        ],
        "goods_transactions": [],
    },
}

RECEIVE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/Envelope"},
                        {"type": "array", "items": {"$ref": "#/components/schemas/Envelope"}},
                    ]
                },
                "examples": {
                    "visit": {"summary": "A visit, silent on payment", "value": _VISIT},
                    "paid": {"summary": "A paid visit with a discount of 10 %", "value": _PAID},
                    "list": {"summary": "Two envelopes at once", "value": [_VISIT, _PAID]},
                },
            }
        },
    },
    "parameters": [
        {
            "name": "X-Altegio-Signature",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "Hex HMAC-SHA256 of the raw body, where the secret is not in the path.",
        }
    ],
}

RECEIVE_WITH_SECRET: dict[str, Any] = RECEIVE | {
    "parameters": [
        *RECEIVE["parameters"],
        {
            "name": "secret",
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": "ALTEGIO_WEBHOOK_SECRET",
        },
    ]
}

ENVELOPE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["company_id", "resource", "resource_id", "status", "data"],
    "properties": {
        "company_id": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
        "resource": {"type": "string", "minLength": 1, "maxLength": 64, "examples": ["record"]},
        "resource_id": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        "status": {"type": "string", "minLength": 1, "maxLength": 64, "examples": ["create", "update", "delete"]},
        "data": {"description": "An object; an empty list for `schedule`."},
    },
}


def _answer(description: str, example: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"example": example}}}


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: _answer("Stored, a duplicate, or ignored", {"success": True, "message": "stored", "record_id": 17}),
    400: _answer("Not JSON", {"success": False, "message": "not JSON: Expecting value", "record_id": None}),
    401: _answer("Wrong secret", {"success": False, "message": "wrong or missing secret", "record_id": None}),
    413: _answer("Over 1 MiB", {"success": False, "message": "the body is larger than 1 MiB", "record_id": None}),
    422: _answer(
        "JSON that cannot be processed; kept as `invalid`",
        {
            "success": False,
            "message": "data.services.0.cost: must be a number",
            "record_id": 18,
            "error": "data.services.0.cost: must be a number",
            "field": "data.services.0.cost",
        },
    ),
    429: _answer(
        "Too many webhooks of this salon: repeat",
        {"success": False, "message": "too many webhooks of company 307626, repeat later", "record_id": None},
    ),
    503: _answer("Not stored: repeat", {"success": False, "message": "the database is not available", "record_id": None}),
}
STATUS_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: _answer("Nothing under this number", {"success": False, "message": "no delivery 5", "record_id": None})
}
