"""What a cashbox remembers: shifts, receipts, the drawer and the totals that are never reset."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dev.simulator.jsontext import dump, parse
from dev.simulator.webkassa.rules.arithmetic import CASH, Sums

BUY, BUY_RETURN, SELL, SELL_RETURN = 0, 1, 2, 3
OPERATIONS = (BUY, BUY_RETURN, SELL, SELL_RETURN)
# Which way the cash moves: into the drawer for a sale or the return of a purchase.
CASH_DIRECTION = {BUY: -1, BUY_RETURN: 1, SELL: 1, SELL_RETURN: -1}
ZERO = Decimal(0)


@dataclass(slots=True)
class Receipt:
    cashbox: "Cashbox"
    external_number: str
    operation_type: int
    sums: Sums
    shift: "Shift"
    order_number: int
    document_number: int
    check_number: str
    offline: bool
    recorded_at: datetime
    # As received: the masking of its token is left to whoever shows it.
    body: Mapping[str, Any]
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Shift:
    number: int
    opened_at: datetime
    start_sums: dict[int, Decimal]
    start_counts: dict[int, int]
    closed_at: datetime | None = None
    receipts: list[Receipt] = field(default_factory=list)
    put: Decimal = ZERO
    withdrawn: Decimal = ZERO
    document_count: int = 0


@dataclass(slots=True)
class Cashbox:
    number: str
    # How often it was registered anew: with another registration number, and everything from the beginning.
    renewals: int = 0
    shifts: list[Shift] = field(default_factory=list)
    drawer: Decimal = ZERO
    document_count: int = 0
    receipt_count: int = 0
    by_external: dict[str, Receipt] = field(default_factory=dict)
    by_shift_external: dict[tuple[int, str], Receipt] = field(default_factory=dict)
    money_numbers: set[tuple[int, str]] = field(default_factory=set)
    grand_sums: dict[int, Decimal] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, ZERO))
    grand_counts: dict[int, int] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, 0))

    @property
    def identity_number(self) -> int:
        """Made from the factory number, so that it stays the same after a restart."""
        digits = re.sub(r"[^0-9]", "", self.number)
        return 10_000 + (int(digits) if digits else zlib.crc32(self.number.encode())) % 80_000_000

    @property
    def registration_number(self) -> str:
        return f"{10_203_000_000 + self.identity_number + 100_000_000 * self.renewals:012d}"

    def find_open_shift(self) -> Shift | None:
        last = self.shifts[-1] if self.shifts else None
        return last if last is not None and last.closed_at is None else None

    def find_shift(self, number: int) -> Shift | None:
        return self.shifts[number - 1] if 1 <= number <= len(self.shifts) else None

    def get_current_shift_number(self) -> int:
        """The shift the next fiscal operation falls into, open already or not."""
        shift = self.find_open_shift()
        return shift.number if shift else len(self.shifts) + 1

    def open_shift(self, at: datetime) -> Shift:
        """Opening is implicit: the vendor has no method for it."""
        shift = self.find_open_shift()
        if shift is None:
            shift = Shift(len(self.shifts) + 1, at, dict(self.grand_sums), dict(self.grand_counts))
            self.shifts.append(shift)
        return shift

    def add_receipt(self, receipt: Receipt) -> None:
        kind, sums, shift = receipt.operation_type, receipt.sums, receipt.shift
        shift.receipts.append(receipt)
        shift.document_count += 1
        self.document_count += 1
        self.receipt_count += 1
        self.grand_sums[kind] += sums.total
        self.grand_counts[kind] += 1
        cash = sum((amount for code, amount in sums.payments if code == CASH), ZERO)
        self.drawer += CASH_DIRECTION[kind] * (cash - sums.change)
        if receipt.external_number:
            self.by_external[receipt.external_number] = receipt
            self.by_shift_external[shift.number, receipt.external_number] = receipt

    def move_cash(self, shift: Shift, amount: Decimal, external_number: str) -> None:
        """Deposit when the amount is positive, withdrawal when negative."""
        self.drawer += amount
        shift.document_count += 1
        self.document_count += 1
        if amount >= 0:
            shift.put += amount
        else:
            shift.withdrawn -= amount
        if external_number:
            self.money_numbers.add((shift.number, external_number))


class StateFile:
    """The ledger on disk: one JSON line for every fiscal event, replayed at the next start. Without a path it keeps nothing.

    Appending keeps a receipt at one small write, whatever the size of the ledger, and a line is out of the process
    before its answer leaves: killing the simulator loses nothing that a client was told.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = None
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b", buffering=0)

    def load(self) -> list[dict[str, Any]]:
        """The events so far; a last line cut by a kill is removed, so that it cannot swallow the next one."""
        if self._file is None:
            return []
        self._file.seek(0)
        *lines, cut = self._file.readall().split(b"\n")
        self._file.truncate(self._file.tell() - len(cut))
        return [parse(line) for line in lines]

    def append(self, event: dict[str, Any]) -> None:
        if self._file:
            self._file.write(dump(event) + b"\n")

    def clear(self) -> None:
        if self._file:
            self._file.truncate(0)

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
