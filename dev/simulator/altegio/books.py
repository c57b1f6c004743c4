"""The generator's own books: which receipts a faithful bridge owes, to the tiyn, and what has to become of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from dev.simulator.altegio.bodies import Payment, Visit
from dev.simulator.altegio.salon import Kind, Line, Salon, add_up, compute_tax

Source = Literal["record", "goods"]
# `return_due`: the money went back. `difference`: the receipt says another sum or another kind than Altegio does now.
# `person`: somebody has to look at it, in either way.
Turn = Literal["return_due", "difference", "person"]
# `kept`: the salon has it, so a return would be wrong. `gone`: every payment was deleted, so a return is right. `unsure`: an
# expense or a move, for a person to judge.
Money = Literal["kept", "gone", "unsure"]
KINDS: tuple[Kind, ...] = ("cash", "card", "mobile")


@dataclass(frozen=True)
class DueLine:
    title: str
    kind: str
    quantity: int
    total: Decimal
    barcode: str = ""


@dataclass(frozen=True)
class Owner:
    """What a receipt is for; goods sold over the counter belong to their sales document."""

    external_check_number: str
    company_id: int
    source: Source
    source_id: int
    story: str


@dataclass(frozen=True)
class DueReceipt(Owner):
    """`due_at` and `turned_at` are moments of the salon's wall clock."""

    total: Decimal
    kinds: dict[Kind, Decimal]
    tax: Decimal
    lines: tuple[DueLine, ...]
    due_at: datetime
    turn: Turn | None = None
    turned_at: datetime | None = None
    money: Money = "kept"
    # Sums that whoever has to look at it is told.
    told: tuple[Decimal, ...] = ()
    # The money went back so soon that whether a sale receipt exists depends on the order of arrival:
    # a test that shuffles deliveries should ask for "at most one" here and "exactly one" elsewhere.
    is_certain: bool = True


@dataclass(frozen=True)
class NotDue(Owner):
    why: str
    # From when a person has to be asked, and what they are told.
    asked_at: datetime | None = None
    told: tuple[Decimal, ...] = ()


@dataclass
class Books:
    receipts: list[DueReceipt] = field(default_factory=list)
    not_due: list[NotDue] = field(default_factory=list)
    # Movements of money that a person has to be asked about, though nothing was sold.
    open_items: list[int] = field(default_factory=list)

    def owe_record(self, story: str, salon: Salon, visit: Visit, payments: Sequence[Payment], **ending: Any) -> None:
        """`ending`: `turn`, `turned_at`, `money`, `told` and `is_certain` of the receipt."""
        self.receipts.append(_due(own_record(story, visit), salon, visit.lines, payments, visit.starts_at, ending))

    def owe_goods(self, story: str, salon: Salon, payments: Sequence[Payment], **ending: Any) -> None:
        document_id, at = payments[0].document_id, payments[0].paid_at
        owner = Owner(f"altegio_goods_{document_id}", salon.company_id, "goods", document_id, story)
        lines = tuple(dict.fromkeys(payment.line for payment in payments))
        self.receipts.append(_due(owner, salon, lines, payments, at, ending))

    def owe_nothing(self, story: str, visit: Visit, why: str, **asked: Any) -> None:
        """`asked`: `asked_at` and `told`, where a person has to decide."""
        self.not_due.append(NotDue(**asdict(own_record(story, visit)), why=why, **asked))

    @property
    def total(self) -> Decimal:
        return add_up(receipt.total for receipt in self.receipts)

    def find_receipt(self, external_check_number: str) -> DueReceipt | None:
        matches = (one for one in self.receipts if one.external_check_number == external_check_number)
        return next(matches, None)


def own_record(story: str, visit: Visit) -> Owner:
    return Owner(f"altegio_{visit.record_id}", visit.company_id, "record", visit.record_id, story)


def _due(
    owner: Owner,
    salon: Salon,
    lines: tuple[Line, ...],
    payments: Sequence[Payment],
    sold_at: datetime,
    ending: dict[str, Any],
) -> DueReceipt:
    due_lines = _due_lines(lines)
    return DueReceipt(
        **asdict(owner),
        total=add_up(line.total for line in due_lines),
        kinds=_add_up_kinds(payments),
        tax=add_up(compute_tax(line.total, salon.vat, sold_at.date()) for line in due_lines),
        lines=due_lines,
        due_at=max(payment.paid_at for payment in payments),
        **ending,
    )


def _add_up_kinds(payments: Sequence[Payment]) -> dict[Kind, Decimal]:
    """Merged: a receipt names each kind once."""
    sums = {kind: add_up(one.amount for one in payments if one.till.kind == kind) for kind in KINDS}
    return {kind: amount for kind, amount in sums.items() if amount}


def _due_lines(lines: tuple[Line, ...]) -> tuple[DueLine, ...]:
    """What no money was paid for is left out, and what a certificate paid for was receipted when it was sold."""
    return tuple(
        DueLine(line.ware.title, line.kind, line.quantity, line.to_pay, line.ware.barcode) for line in lines if line.to_pay
    )
