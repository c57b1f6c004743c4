"""Altegio's PHP habits: the same value in another type. Never changes what a body means."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dev.simulator.altegio.bodies import Body

Change = Callable[[Any], Any]
MONEY_KEYS = ("cost", "cost_to_pay", "manual_cost", "cost_per_unit", "first_cost", "discount", "amount")


def add_oddities(body: Body, rng: random.Random) -> None:
    """Changes a record body in place; most bodies stay as the majority of installations send them."""
    for habit in _HABITS:
        if rng.random() < 0.06:
            for place, changes in habit.items():
                for part in _find(body, place):
                    part.update({key: change(part[key]) for key, change in changes.items() if key in part})


def _find(body: Body, place: str) -> Sequence[Body]:
    """What lies under that name; `record` is the body itself."""
    found = body if place == "record" else body[place]
    return found if isinstance(found, list) else [found] if found else []


def _always(value: Any) -> Change:
    return lambda _: value


_TEXTS, _FLOATS = dict.fromkeys(MONEY_KEYS, str), dict.fromkeys(("cost", "first_cost", "discount"), float)
_HABITS: tuple[Mapping[str, Mapping[str, Change]], ...] = (
    {"services": _TEXTS, "goods_transactions": _TEXTS},
    {"services": _FLOATS},
    {"record": {"visit_id": str}, "services": {"id": str}},
    {"goods_transactions": {"amount": lambda amount: f"{float(amount):.9f}"}},
    {"record": {"paid_full": lambda flag: flag in (1, True), "sms_now": _always(False)}},
    {"record": {"paid_full": lambda flag: str(int(flag)), "notified": _always("0")}},
    {"record": {"deleted": int}},
    {"record": {"prepaid": _always("forbidden"), "prepaid_confirmed": _always(0)}},
    {"record": {"custom_fields": _always({"source": "instagram"})}},
    {"record": {"client": lambda client: [] if client is None else client}},
    {"client": {"phone": lambda phone: phone.lstrip("+")}},
    {
        "staff": {"position": lambda _: [], "rating": _always(5)},
        "record": {"comment": lambda comment: comment or None, "api_id": _always(None)},
    },
    {"record": {"documents": lambda _: []}},
)
