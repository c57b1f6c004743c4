"""What waits for a person: every open item the books want is listed with its sum, and nothing else is."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dev.harness.tables import Tables
from dev.simulator.altegio.books import Books, DueReceipt

# A payment's delivery names its visit or its document; one of a top-up nothing but itself.
_ITEMS = """
    SELECT item.resource, item.resource_id, item.state, item.error_code, item.reason, receipts.external_check_number,
           item.document_id, item.body -> 'data' ->> 'record_id', item.body -> 'data' ->> 'document_id'
      FROM webhook_records item LEFT JOIN receipts ON receipts.id = item.receipt_id
     WHERE item.state IN ('dead_lettered', 'awaiting_payment')
"""
_DUE = """
    SELECT external_check_number, return_due_reason, return_due_lines, request
      FROM receipts WHERE return_due_reason IS NOT NULL
"""


@dataclass(frozen=True)
class Item:
    """A delivery that a person has to look at; `number`: of the receipt that it is about, or would be."""

    resource: str
    resource_id: int
    state: str
    code: str
    reason: str
    number: str

    def __str__(self) -> str:
        return f"{self.resource} {self.resource_id} {self.code or self.state}: {self.reason}"


def list_items(tables: Tables) -> list[Item]:
    return [_read(*row) for row in tables.ask(_ITEMS)]


def _read(
    resource: str, resource_id: int, state: str, code: str | None, reason: str | None, number: str | None, *ids: Any
) -> Item:
    document, record, named = (int(one or 0) for one in ids)
    if number is None and resource == "record":
        number = f"altegio_{resource_id}"
    elif number is None:
        number = f"altegio_{record}" if record else f"altegio_goods_{document or named}"
    return Item(resource, resource_id, state, code or "", reason or "", number)


def find_said(tables: Tables, items: Sequence[Item]) -> dict[str, str]:
    """External check number, or what it would be -> the reasons that whoever decides is shown."""
    said: defaultdict[str, str] = defaultdict(str)
    for number, reason, _, _ in tables.ask(_DUE):
        said[number] += f"{reason}; "
    for item in items:
        said[item.number] += f"{item.reason}; "
    return dict(said)


def find_failed(tables: Tables, items: Sequence[Item], books: Books) -> list[str]:
    """Given up or refused, and nobody had to be asked."""
    asked = {one.external_check_number for one in books.not_due if one.asked_at or one.may_ask}
    turned = {one.external_check_number for one in books.receipts if one.turn}
    wanted = {(one.resource, one.resource_id) for one in items if one.number in asked | turned}
    wanted |= {("finances_operation", one.operation_id) for one in books.open_items}
    names = [f"of {resource} {number} " for resource, number in wanted]
    return [line for line in tables.list_failed() if not any(name in line for name in names)]


def find_unlisted(items: Sequence[Item], books: Books) -> list[str]:
    """Open items that nobody is told of, or not with the sum."""
    said = {one.resource_id: one.reason for one in items if one.resource == "finances_operation"}
    return [
        f"{one.story} {one.operation_id} of {one.amount}: {said.get(one.operation_id, 'no word')}"
        for one in books.open_items
        if f"{one.amount:.2f}" not in said.get(one.operation_id, "")
    ]


def find_unoffered(page: str, books: Books) -> list[str]:
    """Cash that Altegio tells was moved, and the page of the drawer does not offer it to a manager once."""
    counts = {number: page.count(f"№ {number}") for number in books.cash_moves}
    return [f"operation {number} is offered {count} times" for number, count in counts.items() if count != 1]


def find_second_items(tables: Tables, items: Sequence[Item], books: Books) -> list[str]:
    """Goods that were taken out are one item of work, and what is to be returned is proposed."""
    wanted = {one.external_check_number: one for one in books.receipts if one.proposed}
    proposed = {number: _read_proposed(lines, request) for number, _, lines, request in tables.ask(_DUE)}
    # A delivery that waits for a payment is no item once its visit has a receipt.
    beside = [one for one in items if one.number in wanted and one.state == "dead_lettered"]
    found = [f"{one.number}: beside its return {one}" for one in beside]
    for number, due in wanted.items():
        lines = _list_proposed(due)
        if proposed.get(number) not in (None, lines):
            found.append(f"{number}: proposed is {proposed[number]}, due {lines}")
    return found


def _list_proposed(due: DueReceipt) -> list[tuple[str, Decimal]]:
    return sorted((line.title, Decimal(line.quantity)) for line in due.proposed)


def _read_proposed(lines: Any, request: Any) -> list[tuple[str, Decimal]]:
    lines, request = (json.loads(one) if isinstance(one, str) else one for one in (lines, request))
    positions = request["Positions"]
    return sorted((positions[line["position"]]["PositionName"], Decimal(line["count"])) for line in lines or ())
