"""Turns lines of the trail into what the page and the file show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.acquire.people.listing import ROLE_LABELS
from api.acquire.salon.service_words import find_choice
from api.acquire.trail.queries import Names, read_subject
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.fiscal.statuses import PaymentKind
from shared.salon.changeable import CHANGEABLE
from shared.storage.models import AuditEvent

_SUBJECTS = {
    "visit": (Text("Visit"), "/acquire/visits/"),
    "receipt": (Text("Receipt"), "/acquire/receipts/"),
    "delivery": (Text("Message from Altegio"), "/acquire/wire/"),
    "replay": (Text("Replay"), "/acquire/wire/replay/"),
    "staff": (Text("account"), None),
    "order": (Text("Order"), "/acquire/orders/"),
    "cashbox": (Text("Cashbox"), None),
    "salon": (Text("Salon"), None),
    "task": (Text("Task"), None),
    "payment": (Text("Operation"), None),
    "sale": (Text("Sale"), "/acquire/sale/"),
    "setting": (Text("Setting"), None),
}
_SUMS = {"counted": Text("Counted"), "expected": Text("Expected in the drawer"), "difference": Text("Difference")}


@dataclass(frozen=True, slots=True)
class EventView:
    """Describes a line. `by`: who did it; `label` and `name`: of the thing, which is found at `place`; `change`: what stood
    there before and stands there since.
    """

    at: datetime
    by: str | Text
    address: str | None
    action: str | Text
    label: Text | None
    name: str | Text
    place: str | None
    sums: list[tuple[Text | None, Decimal]]
    change: tuple[str | Text, str | Text] | None


def show_event(
    event: AuditEvent, doer: str | None, about: str | None, actions: Mapping[str, Text], names: Names
) -> EventView:
    """`about`: the name of the account that it was done to. Only the command line acts without a name: `by` is the
    machine's account.
    """
    kind, number = read_subject(event.subject)
    label, place = _SUBJECTS.get(kind, (Text("Other"), None))
    said = (event.subject or "").partition(" ")[2]
    setting = find_choice(said) if kind == "setting" and said in CHANGEABLE else None
    return EventView(
        at=event.created_at,
        by=doer or event.details.get("by") or (Text("unknown login") if event.address else Text("command line")),
        address=event.address,
        action=actions.get(event.action, event.action),
        label=label if said else None,
        name=(setting.label if setting else about) or names.get((kind, number or 0)) or _name_plainly(kind, said),
        place=f"{place}{number}" if place and number is not None else None,
        sums=_find_sums(event.details),
        change=_find_change(setting.words if setting else ROLE_LABELS, event.details),
    )


def _find_change(words: Mapping[Any, Any], details: dict[str, Any]) -> tuple[str | Text, str | Text] | None:
    """In words where there are some."""
    if "before" not in details:
        return None
    before, after = str(details["before"]), str(details["after"])
    return words.get(before, before) or "—", words.get(after, after) or "—"


def _name_plainly(kind: str, said: str) -> str:
    """What is gone, or has no name: its number; of a task nobody knows the numbers."""
    return "" if kind == "task" else said


def _find_sums(details: dict[str, Any]) -> list[tuple[Text | None, Decimal]]:
    """The money of a payment by kind, of a return or a movement, of a count."""
    if isinstance(kinds := details.get("kinds"), dict):
        return [(KIND_LABELS[PaymentKind(kind)], Decimal(amount)) for kind, amount in kinds.items()]
    counted: list[tuple[Text | None, Decimal]] = [
        (label, Decimal(details[name])) for name, label in _SUMS.items() if name in details
    ]
    return counted or ([(None, Decimal(details["total"]))] if "total" in details else [])
