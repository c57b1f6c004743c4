"""The pages to measure, room by room: how each is asked for, signed in, over HTTP."""

from dev.bench.acquire.at_desk import list_desk
from dev.bench.acquire.of_managers import list_manager_pages
from dev.bench.acquire.of_receipts import list_receipt_pages
from dev.bench.acquire.on_wire import list_wire_pages
from dev.bench.acquire.visitor import Visit


def make_pages(visits: int) -> dict[str, Visit]:
    """Name -> how it is asked for."""
    return {**list_desk(visits), **list_receipt_pages(visits), **list_manager_pages(visits), **list_wire_pages(visits)}
