"""What a manager returns: a marked piece, whose return has to say its code and no other; a sale that said the wrong kind."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from dev.harness.desk import Desk
from dev.harness.tables import Tables
from dev.simulator.altegio.stories.evenings import DeskCorrection, DeskReturn

_RECEIPT = "SELECT id, request FROM receipts WHERE external_check_number = '{}'"
_MARKS = ("MarkList", "Mark")


def return_piece(desk: Desk, tables: Tables, wanted: DeskReturn) -> None:
    [(receipt_id, request)] = tables.ask(_RECEIPT.format(wanted.external_check_number))
    names = [str(position["PositionName"]) for position in request["Positions"]]
    place = names.index(wanted.title)
    mark = _list_marks(request["Positions"][place]).index(wanted.mark)
    chosen = {f"count_{place}": "1", f"mark_{place}_{mark}": "1"}
    told = {"form_key": str(uuid4()), "reason": "Принесли обратно", "original_shown": "paper"}
    desk.post(f"/acquire/receipts/{receipt_id}/return", {**told, **chosen})


def sell_anew(desk: Desk, tables: Tables, wanted: DeskCorrection) -> None:
    """Returns all of a sale and sells it anew, paid in another way."""
    [(receipt_id, _)] = tables.ask(_RECEIPT.format(wanted.external_check_number))
    told = {"form_key": str(uuid4()), "original_shown": "paper", "method": wanted.kind}
    desk.post(f"/acquire/receipts/{receipt_id}/method/confirm", told)


def find_other_pieces(ledger: Sequence[Mapping[str, Any]], wanted: Sequence[DeskReturn]) -> list[str]:
    """Returns that have another number of codes than pieces, or other codes."""
    returned = {row["external_check_number"]: row["request"]["Positions"] for row in ledger}
    found = []
    for one in wanted:
        positions = returned.get(f"{one.external_check_number}_r1", [])
        codes = [(str(position["PositionName"]), position["Count"], _list_marks(position)) for position in positions]
        if codes != [(one.title, 1, [one.mark])]:
            found.append(f"{one.external_check_number}: {codes}, due {one.mark}")
    return found


def _list_marks(position: Mapping[str, Any]) -> list[str]:
    listed = [position[name] for name in _MARKS if position.get(name)]
    return [str(mark) for one in listed for mark in (one if isinstance(one, list) else [one])]
