"""The pages to measure, room by room: how each is asked for, signed in, over HTTP."""

from dev.bench.acquire.at_desk import list_desk
from dev.bench.acquire.of_managers import list_manager_pages
from dev.bench.acquire.of_receipts import list_receipt_pages
from dev.bench.acquire.on_wire import list_wire_pages
from dev.bench.acquire.visitor import Visit
from dev.bench.material.past import Past


def make_pages(past: Past) -> dict[str, Visit]:
    """Name -> how it is asked for."""
    return {**list_desk(past), **list_receipt_pages(past), **list_manager_pages(past), **list_wire_pages(past)}
