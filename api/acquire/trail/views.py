"""Turns lines of the trail into what the page and the file show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.acquire.trail.queries import Names, read_subject
from api.acquire.visits.views import KIND_LABELS
from api.acquire.words.text import Text
from shared.fiscal.statuses import PaymentKind
from shared.storage.models import AuditEvent

_SUBJECTS = {
    "visit": (Text("Visit"), "/acquire/visits/"),
    "receipt": (Text("Receipt"), "/acquire/receipts/"),
    "delivery": (Text("Message from Altegio"), None),
    "staff": (Text("account"), None),
    "order": (Text("Order"), "/acquire/orders/"),
    "cashbox": (Text("Cashbox"), None),
    "salon": (Text("Salon"), None),
    "task": (Text("Task"), None),
    "payment": (Text("Operation"), None),
}
_SUMS = {"counted": Text("Counted"), "expected": Text("Expected in the drawer"), "difference": Text("Difference")}


@dataclass(frozen=True, slots=True)
class EventView:
    """Describes a line. `by`: who did it; `label` and `name`: of the thing, which is found at `place`."""

    at: datetime
    by: str | Text
    address: str | None
    action: str | Text
    label: Text | None
    name: str | Text
    place: str | None
    sums: list[tuple[Text | None, Decimal]]


def show_event(
    event: AuditEvent, doer: str | None, about: str | None, actions: Mapping[str, Text], names: Names
) -> EventView:
    """`about`: the name of the account that it was done to. Only the command line acts without a name: `by` is the
    machine's account.
    """
    kind, number = read_subject(event.subject)
    label, place = _SUBJECTS.get(kind, (Text("Other"), None))
    said = (event.subject or "").partition(" ")[2]
    return EventView(
        at=event.created_at,
        by=doer or event.details.get("by") or (Text("unknown login") if event.address else Text("command line")),
        address=event.address,
        action=actions.get(event.action, event.action),
        label=label if said else None,
        name=about or (names.get((kind, number)) if number is not None else None) or _name_plainly(kind, said),
        place=f"{place}{number}" if place and number is not None else None,
        sums=_find_sums(event.details),
    )


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
