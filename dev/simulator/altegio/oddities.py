"""Altegio's PHP habits: the same value in another type. Never changes what a body means."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from dev.simulator.altegio.bodies import Body

MONEY_KEYS = ("cost", "cost_to_pay", "manual_cost", "cost_per_unit", "first_cost", "discount", "amount")


def add_oddities(body: Body, rng: random.Random) -> None:
    """Changes a record body in place; most bodies stay as the majority of installations send them."""
    for habit in _HABITS:
        if rng.random() < 0.06:
            habit(body)


def _money_as_text(body: Body) -> None:
    for line in (*body["services"], *body["goods_transactions"]):
        line.update({key: str(line[key]) for key in MONEY_KEYS if key in line})


def _money_as_floats(body: Body) -> None:
    for service in body["services"]:
        for key in ("cost", "first_cost", "discount"):
            service[key] = float(service[key])


def _ids_as_text(body: Body) -> None:
    body["visit_id"] = str(body["visit_id"])
    for service in body["services"]:
        service["id"] = str(service["id"])


def _goods_amount_with_zeros(body: Body) -> None:
    for line in body["goods_transactions"]:
        line["amount"] = f"{float(line['amount']):.9f}"


def _flags_as_booleans(body: Body) -> None:
    body["paid_full"] = body["paid_full"] in (1, True)
    body["sms_now"] = False


def _flags_as_text(body: Body) -> None:
    body["paid_full"] = str(int(body["paid_full"]))
    body["notified"] = "0"


def _deleted_as_number(body: Body) -> None:
    body["deleted"] = int(body["deleted"])


def _prepaid_as_word(body: Body) -> None:
    body["prepaid"] = "forbidden"
    body["prepaid_confirmed"] = 0


def _fields_as_object(body: Body) -> None:
    body["custom_fields"] = {"source": "instagram"}


def _client_as_list(body: Body) -> None:
    if body["client"] is None:
        body["client"] = []


def _phone_as_digits(body: Body) -> None:
    if body["client"]:
        body["client"]["phone"] = body["client"]["phone"].lstrip("+")


def _empty_relations(body: Body) -> None:
    body["staff"]["position"] = []
    body["staff"]["rating"] = 5
    body["comment"] = body["comment"] or None
    body["api_id"] = None


def _no_documents(body: Body) -> None:
    body["documents"] = []


_HABITS: tuple[Callable[[dict[str, Any]], None], ...] = (
    _money_as_text,
    _money_as_floats,
    _ids_as_text,
    _goods_amount_with_zeros,
    _flags_as_booleans,
    _flags_as_text,
    _deleted_as_number,
    _prepaid_as_word,
    _fields_as_object,
    _client_as_list,
    _phone_as_digits,
    _empty_relations,
    _no_documents,
)
