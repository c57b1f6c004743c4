"""The generator's own books: which receipts a faithful bridge owes for the day, to the tiyn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal

from dev.simulator.altegio.bodies import Payment, Visit
from dev.simulator.altegio.salon import Line, add_up

Source = Literal["record", "goods"]


@dataclass(frozen=True)
class DueLine:
    title: str
    kind: str
    quantity: int
    total: Decimal


@dataclass(frozen=True)
class Owner:
    """What a receipt is for; goods sold over the counter belong to their sales document."""

    external_check_number: str
    company_id: int
    source: Source
    source_id: int


@dataclass(frozen=True)
class DueReceipt(Owner):
    total: Decimal
    cash: Decimal
    cashless: Decimal
    lines: tuple[DueLine, ...]
    # The money went back later that day. Whether a sale receipt exists then depends on the order of arrival,
    # so a test that shuffles deliveries should ask for "at most one" here and "exactly one" elsewhere.
    refunded: bool = False


@dataclass(frozen=True)
class NotDue:
    source: Source
    source_id: int
    company_id: int
    why: str


@dataclass
class Books:
    receipts: list[DueReceipt] = field(default_factory=list)
    not_due: list[NotDue] = field(default_factory=list)

    def owe_record(self, visit: Visit, payments: Sequence[Payment], *, refunded: bool) -> None:
        number = f"altegio_{visit.record_id}"
        owner = Owner(number, visit.company_id, "record", visit.record_id)
        self.receipts.append(_due(owner, visit.lines, payments, refunded=refunded))

    def owe_goods(self, company_id: int, document_id: int, payments: Sequence[Payment], *, refunded: bool) -> None:
        owner = Owner(f"altegio_goods_{document_id}", company_id, "goods", document_id)
        lines = tuple(payment.line for payment in payments)
        self.receipts.append(_due(owner, lines, payments, refunded=refunded))

    def owe_nothing(self, visit: Visit, why: str) -> None:
        self.not_due.append(NotDue("record", visit.record_id, visit.company_id, why))

    @property
    def total(self) -> Decimal:
        return add_up(receipt.total for receipt in self.receipts)

    def find_receipt(self, external_check_number: str) -> DueReceipt | None:
        matches = (one for one in self.receipts if one.external_check_number == external_check_number)
        return next(matches, None)

    def as_json(self) -> dict[str, Any]:
        return {
            "receipts": [_plain(asdict(receipt)) for receipt in self.receipts],
            "not_due": [asdict(entry) for entry in self.not_due],
            "count": len(self.receipts),
            "total": str(self.total),
        }


def _due(owner: Owner, lines: tuple[Line, ...], payments: Sequence[Payment], *, refunded: bool) -> DueReceipt:
    return DueReceipt(
        **asdict(owner),
        total=add_up(line.total for line in lines),
        cash=add_up(payment.amount for payment in payments if payment.till.is_cash),
        cashless=add_up(payment.amount for payment in payments if not payment.till.is_cash),
        lines=_due_lines(lines),
        refunded=refunded,
    )


def _due_lines(lines: tuple[Line, ...]) -> tuple[DueLine, ...]:
    """Free lines are left out: a receipt shows what was paid for."""
    paid = (line for line in lines if line.total)
    return tuple(DueLine(line.ware.title, line.kind, line.quantity, line.total) for line in paid)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
