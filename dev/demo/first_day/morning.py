"""A morning's work, as Altegio would have told of it: some have paid, some pay now, one needs a person, one is to come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from dev.demo.servers import read_lines
from dev.demo.visit import COMPANY_ID, RECORD_ID, DemoFailed
from dev.demo.web import request

# Of each day its own, and none twice.
_FIRST_ID = 600_000_000
_IDS_A_DAY = 100
_TILLS = {"cash": {"id": 101, "title": "Касса", "is_cash": True}, "card": {"id": 102, "title": "Терминал", "is_cash": False}}
_TILLS["kaspi"] = {"id": 103, "title": "Kaspi QR", "is_cash": False}
_CAME, _EXPECTED = 1, 0
SETTLED = frozenset({"processed", "awaiting_payment", "dead_lettered", "ignored"})


@dataclass(frozen=True)
class Guest:
    """`minutes` from now, before it or after; `paid_in` names a till, `paid` is what was paid where it is not the cost."""

    minutes: int
    name: str
    phone: str
    specialist: str
    lines: tuple[tuple[str, int], ...]
    attendance: int = _CAME
    paid_in: str = ""
    paid: int | None = None

    @property
    def cost(self) -> int:
        return sum(cost for _, cost in self.lines)


GUESTS = (
    Guest(-150, "Айгүл Сейтқалиева", "+77015550142", "Мадина", (("Окрашивание", 18000), ("Укладка", 5000)), paid_in="card"),
    Guest(-120, "Тимур Ахметов", "+77025550117", "Руслан", (("Стрижка мужская", 4500),), paid_in="cash"),
    Guest(-95, "Светлана Ким", "+77075550163", "Жанна", (("Маникюр с покрытием", 8000),), paid_in="kaspi"),
    # Altegio's price and the money that was taken do not agree: only a person can say what is right.
    Guest(-70, "Гүлнара Омарова", "+77775550128", "Мадина", (("Ламинирование", 15000),), paid_in="card", paid=12000),
    Guest(-40, "Дана Ержанова", "+77015550189", "Жанна", (("Педикюр", 9900),)),
    Guest(-20, "Алихан Сулейменов", "+77055550134", "Руслан", (("Стрижка мужская", 4500), ("Оформление бороды", 3000))),
    Guest(-5, "Мария Иванова", "+77475550171", "Мадина", (("Стрижка женская", 7200),)),
    Guest(120, "Асель Нұрланова", "+77085550155", "Жанна", (("Маникюр с покрытием", 8000),), attendance=_EXPECTED),
)

_SAMPLE = Guest(0, "Вячослав", "+77770220606", "", (("Стрижка детская", 4000),), paid_in="card")


def spread(now: datetime, minutes: int) -> datetime:
    """Returns that time of today: shortly after midnight the morning is short, shortly before it the evening."""
    first = now.replace(hour=0, minute=1, second=0, microsecond=0)
    last = now.replace(hour=23, minute=58, second=0, microsecond=0)
    return min(max(now + timedelta(minutes=minutes), first), last).replace(second=0, microsecond=0)


def describe_morning(now: datetime) -> list[dict[str, Any]]:
    """Returns the bodies in the order in which Altegio posts them: the money before the visit that it pays."""
    told: list[dict[str, Any]] = []
    for number, guest in enumerate(GUESTS, start=1):
        record_id = _FIRST_ID + now.toordinal() % 1_000_000 * _IDS_A_DAY + number
        at = spread(now, guest.minutes)
        if guest.paid_in:
            told.append(_describe_payment(record_id, guest, at))
        told.append(_describe_visit(record_id, number, guest, at))
    return told


def describe_sample_payment(now: datetime) -> dict[str, Any]:
    """Returns the body of the money for the sample visit, which was posted alone: in the books of a salon that tells of
    payments a receipt without one differs.
    """
    return _describe_payment(RECORD_ID, _SAMPLE, now)


def _describe_visit(record_id: int, number: int, guest: Guest, at: datetime) -> dict[str, Any]:
    services = [
        {"id": 8000 + place, "title": title, "cost": cost, "cost_per_unit": cost, "amount": 1}
        for place, (title, cost) in enumerate(guest.lines, start=10 * number)
    ]
    data = {
        "id": record_id,
        "visit_id": record_id + 1_000_000_000,
        "date": f"{at:%Y-%m-%d %H:%M:%S}",
        "attendance": guest.attendance,
        "paid_full": int(bool(guest.paid_in)),
        "staff": {"id": 70 + len(guest.specialist), "name": guest.specialist},
        "services": services,
        "client": {"id": 900 + number, "name": guest.name, "phone": guest.phone},
    }
    return _envelope("record", record_id, data)


def _describe_payment(record_id: int, guest: Guest, at: datetime) -> dict[str, Any]:
    operation_id = record_id + 2_000_000_000
    data = {
        "id": operation_id,
        "record_id": record_id,
        "visit_id": record_id + 1_000_000_000,
        "document_id": record_id + 1_500_000_000,
        "date": f"{at:%Y-%m-%dT%H:%M:%S%z}",
        "amount": guest.paid or guest.cost,
        "sold_item_type": "service",
        "expense": {"id": 5, "title": "Оказание услуг", "type": 7},
        "account": _TILLS[guest.paid_in],
    }
    return _envelope("finances_operation", operation_id, data)


def _envelope(resource: str, number: int, data: dict[str, Any]) -> dict[str, Any]:
    return {"company_id": COMPANY_ID, "resource": resource, "resource_id": number, "status": "create", "data": data}


def post_morning(api_url: str, secret: str, folder: Path, now: datetime) -> list[str]:
    """Posts today's visits, once a day: what was done with them meanwhile stays.

    Returns the addresses at which their states are told. Raises DemoFailed.
    """
    note = folder / "morning"
    if read_lines(note) == [str(now.date())]:
        return []
    told = [
        _post(f"{api_url}/api/webhook/{secret}", body) for body in (describe_sample_payment(now), *describe_morning(now))
    ]
    note.write_text(f"{now.date()}\n", encoding="utf-8")
    return [urljoin(api_url, address) for address in told]


def _post(address: str, body: dict[str, Any]) -> str:
    try:
        answer = request("POST", address, json=body, timeout=10.0)
        return str(answer.json()["status_url"])
    except (requests.RequestException, KeyError, ValueError) as error:
        raise DemoFailed("api", f"a visit of the morning was not taken: {type(error).__name__}") from None


def is_settled(addresses: list[str]) -> bool:
    """Says whether nothing more happens to them without a person; those that are settled are taken out of the list."""
    while addresses and _tell_state(addresses[0]) in SETTLED:
        addresses.pop(0)
    return not addresses


def _tell_state(address: str) -> str:
    try:
        return str(request("GET", address, timeout=3.0).json().get("state"))
    except (requests.RequestException, ValueError):
        return ""
