"""Reads and writes the codes of marked goods in a position of Webkassa's request: one for each piece. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def read_marks(position: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the codes of a position, none where its goods are not marked."""
    if position.get("Mark"):
        return (str(position["Mark"]),)
    return tuple(map(str, position.get("MarkList") or ()))


def write_marks(marks: Sequence[str]) -> dict[str, Any]:
    """Returns the fields that hold the codes: `Mark` and `MarkList` exclude each other."""
    if not marks:
        return {}
    return {"Mark": marks[0]} if len(marks) == 1 else {"MarkList": list(marks)}


def find_marks_left(sold: Mapping[str, Any], returned: Sequence[Sequence[str]], left: Decimal) -> tuple[str, ...]:
    """Returns the codes of the pieces that did not come back yet; none where they do not tell which pieces these are.

    `returned`: the codes of each earlier return of the line; `left`: how many pieces are left.
    """
    gone = {mark for marks in returned for mark in marks}
    marks = tuple(mark for mark in read_marks(sold) if mark not in gone)
    return marks if len(marks) == left else ()
