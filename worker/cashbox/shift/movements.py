"""Tells from a register's reports whether a cash movement happened whose answer was lost. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from shared.fiscal.money import ZERO, InvalidAmount, parse_amount
from shared.fiscal.z_report import read_report
from shared.storage.models.desk.cashbox_order import OrderKind

_COUNTERS = {OrderKind.DEPOSIT: "PutMoneySum", OrderKind.WITHDRAWAL: "TakeMoneySum"}
# What servers write for "not yet".
_NOT_YET = re.compile(r"0001-01-01|01\.01\.0001")


class Fate(StrEnum):
    """Says what became of a movement. `ask`: its shift is open, so the same number may be sent again and is known there."""

    MOVED = "moved"
    NOT_MOVED = "not_moved"
    ASK = "ask"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Count:
    """Says in which shift a movement falls, and what was moved in it before; None where the report does not tell."""

    registration: str
    shift: int
    moved: Decimal | None

    def dump(self) -> dict[str, Any]:
        """Returns it as `cashbox_orders.before` keeps it."""
        moved = None if self.moved is None else str(self.moved)
        return {"registration": self.registration, "shift": self.shift, "moved": moved}

    @classmethod
    def load(cls, kept: Mapping[str, Any] | None) -> "Count | None":
        """Reads what `dump` wrote."""
        if kept is None:
            return None
        moved = None if kept["moved"] is None else Decimal(kept["moved"])
        return cls(kept["registration"], kept["shift"], moved)


def count_movements(report: Mapping[str, Any] | None, kind: OrderKind) -> Count | None:
    """Returns what a movement of this kind is added to. None where no report was had, or it does not tell the shift.

    An empty report is of a register without a shift: it begins with 1.
    """
    if report is None:
        return None
    if not report:
        return Count("", 1, ZERO)
    told = read_report(report)
    if told.shift_number is None:
        return None
    if _is_open(report):
        return Count(told.registration_number, told.shift_number, _read_moved(report, kind))
    return Count(told.registration_number, told.shift_number + 1, ZERO)


def judge(
    before: Count | None, report: Mapping[str, Any] | None, kind: OrderKind, amount: Decimal, *, is_over: bool = False
) -> Fate:
    """Says what became of a movement of `amount`, by a report from after its answer was lost.

    `is_over`: the shift takes nothing more, whatever the report says. A counter that is not told proves nothing.
    """
    if before is None or report is None:
        return Fate.UNCLEAR
    if not report:
        return Fate.NOT_MOVED if before.shift == 1 else Fate.UNCLEAR
    told = read_report(report)
    if told.shift_number is None or len({before.registration, told.registration_number} - {""}) > 1:
        return Fate.UNCLEAR
    if told.shift_number == before.shift - 1 and not _is_open(report):
        return Fate.NOT_MOVED  # a movement would have opened its shift
    if told.shift_number != before.shift:
        return Fate.UNCLEAR
    moved = _read_moved(report, kind)
    grown = None if moved is None or before.moved is None else moved - before.moved
    if grown == 0:
        return Fate.NOT_MOVED
    if _is_open(report) and not is_over:
        return Fate.ASK
    return Fate.MOVED if grown == amount else Fate.UNCLEAR


def _is_open(report: Mapping[str, Any]) -> bool:
    """For certain: an end that cannot be read may be one."""
    ended = report.get("CloseOn")
    return not ended or _NOT_YET.match(str(ended)) is not None


def _read_moved(report: Mapping[str, Any], kind: OrderKind) -> Decimal | None:
    try:
        return parse_amount(report.get(_COUNTERS[kind]))
    except InvalidAmount:
        return None
