"""Names the places of the rail and says which of them a page belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.acquire.access.auth import Staff
from api.acquire.words.text import Text

HOME = "/acquire"


@dataclass(frozen=True, slots=True)
class Place:
    """Describes a place of the rail. `pages`: the beginnings of the addresses that belong to it."""

    address: str
    label: Text
    icon: str
    pages: tuple[str, ...]


_DESK = Place("/acquire", Text("Till"), "till", ("/acquire/visits", "/acquire/success"))
_RECEIPTS = Place("/acquire/receipts", Text("Receipts"), "receipt", ("/acquire/receipts", "/acquire/returns"))
_SHIFT = Place("/acquire/shift", Text("Shift"), "drawer", ("/acquire/shift", "/acquire/drawer", "/acquire/orders"))
_TASKS = Place("/acquire/tasks", Text("Tasks"), "tasks", ("/acquire/tasks", "/acquire/attention"))
_DAY = Place("/acquire/day", Text("Day"), "day", ("/acquire/day", "/acquire/books"))
_SALE = Place("/acquire/sale", Text("New sale"), "plus", ("/acquire/sale",))
_FOR_ALL = (("/acquire/account", Text("My account")),)
_FOR_CASHIERS = (("/acquire/drawer", Text("Cash in and out")),)
_FOR_MANAGERS = (
    ("/acquire/sale", Text("New sale")),
    ("/acquire/drawer", Text("Cash in and out")),
    ("/acquire/shifts", Text("Shifts and reports")),
    ("/acquire/books", Text("Books")),
    ("/acquire/settings", Text("Settings")),
    ("/acquire/audit", Text("Who did what")),
)


def list_places(staff: Staff) -> Sequence[Place]:
    """Returns the five places of somebody's role."""
    return (_DESK, _RECEIPTS, _SHIFT, _TASKS, _DAY if staff.is_manager else _SALE)


def find_place(path: str) -> str | None:
    """Returns the address of the place that a page belongs to; None for one that is under `More`."""
    if path == HOME:
        return HOME
    known = (_DESK, _RECEIPTS, _SHIFT, _TASKS, _DAY, _SALE)
    return next((place.address for place in known if path.startswith(place.pages)), None)


def list_more(staff: Staff) -> Sequence[tuple[str, Text]]:
    """Returns the addresses and words of what is under `More` for somebody's role."""
    return (*(_FOR_MANAGERS if staff.is_manager else _FOR_CASHIERS), *_FOR_ALL)
