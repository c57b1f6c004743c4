"""The generator's own books: which receipts a faithful bridge owes, to the tiyn, and what has to become of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from dev.simulator.altegio.bodies import Payment, Visit
from dev.simulator.altegio.salon import ZERO, Kind, Line, Salon, add_up, compute_tax, to_tiyn

Source = Literal["record", "goods", "deposit", "part"]
# `return_due`: the money went back. `difference`: the receipt says another sum or another kind than Altegio does now.
# `person`: somebody has to look at it, in either way.
Turn = Literal["return_due", "difference", "person"]
# `kept`: the salon has it, so a return would be wrong. `gone`: every payment was deleted, so a return is right. `unsure`: an
# expense or a move, for a person to judge.
Money = Literal["kept", "gone", "unsure"]
KINDS: tuple[Kind, ...] = ("cash", "card", "mobile")
PREPAYMENT = "Предоплата"


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
    # What is returned of it in the end, where somebody does; None: all of it, if anything.
    returned: Decimal | None = None
    # What a return is proposed of, where goods were taken out: one item of work, besides which there is no other.
    proposed: tuple[DueLine, ...] = ()
    # The money went back so soon that whether a sale receipt exists depends on the order of arrival:
    # a test that shuffles deliveries should ask for "at most one" here and "exactly one" elsewhere.
    is_certain: bool = True


@dataclass(frozen=True)
class NotDue(Owner):
    why: str
    # From when a person has to be asked, and what they are told.
    asked_at: datetime | None = None
    told: tuple[Decimal, ...] = ()
    # Nobody has to be asked, and it does no harm.
    may_ask: bool = False


@dataclass(frozen=True)
class OpenItem:
    """A movement of money that a person has to be told of with its sum, though nothing was sold."""

    company_id: int
    operation_id: int
    story: str
    amount: Decimal
    told_at: datetime


@dataclass(frozen=True)
class Debt:
    """What a client owes for a visit that was rendered: the books name it each day."""

    company_id: int
    record_id: int
    story: str
    amount: Decimal


@dataclass
class Books:
    receipts: list[DueReceipt] = field(default_factory=list)
    not_due: list[NotDue] = field(default_factory=list)
    open_items: list[OpenItem] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)
    # Operations that moved cash into the drawer or out of it: each is offered to a manager once.
    cash_moves: list[int] = field(default_factory=list)

    def owe_record(self, story: str, salon: Salon, visit: Visit, payments: Sequence[Payment], **ending: Any) -> None:
        """`ending`: `turn`, `turned_at`, `money`, `told` and `is_certain` of the receipt."""
        self.receipts.append(_due(own_record(story, visit), salon, visit.lines, payments, visit.starts_at, ending))

    def owe_anew(self, number: str, kind: Kind, at: datetime) -> None:
        """The last receipt once more, all of it paid so; made by hand, and looked for the day after."""
        first, kinds, due_at = self.receipts[-1], {kind: self.receipts[-1].total}, at + timedelta(days=1)
        self.receipts.append(replace(first, external_check_number=number, kinds=kinds, due_at=due_at, money="kept"))

    def owe_goods(self, story: str, salon: Salon, payments: Sequence[Payment], **ending: Any) -> None:
        document_id, at = payments[0].document_id, payments[0].paid_at
        lines = tuple(dict.fromkeys(payment.line for payment in payments))
        self.receipts.append(_due(own_document(story, salon, document_id), salon, lines, payments, at, ending))

    def owe_top_up(self, story: str, salon: Salon, document_id: int, amount: Decimal, kind: Kind, at: datetime) -> None:
        """Money before the service is no turnover, so no VAT is in it."""
        owner = Owner(f"altegio_deposit_{document_id}", salon.company_id, "deposit", document_id, story)
        line = DueLine(PREPAYMENT, "service", 1, amount)
        self.receipts.append(
            DueReceipt(**asdict(owner), total=amount, kinds={kind: amount}, tax=to_tiyn(ZERO), lines=(line,), due_at=at)
        )

    def owe_part(self, story: str, salon: Salon, visit: Visit, payment: Payment, **ending: Any) -> None:
        """A receipt for this payment alone, with the rate of the day of the service; before it the money is no turnover."""
        number, at = f"altegio_prepaid_{payment.id}", payment.paid_at
        owner = Owner(number, salon.company_id, "part", payment.id, story)
        line = replace(payment.line, total=payment.amount, covered=ZERO)
        due = DueLine(f"{PREPAYMENT}: {line.ware.title}", line.kind, 1, payment.amount)
        tax = _compute_tax(line, salon, visit.starts_at) if at.date() >= visit.starts_at.date() else to_tiyn(ZERO)
        kinds = _add_up_kinds([payment])
        self.receipts.append(
            DueReceipt(**asdict(owner), total=payment.amount, kinds=kinds, tax=tax, lines=(due,), due_at=at, **ending)
        )

    def owe_nothing(self, story: str, visit: Visit, why: str, **asked: Any) -> None:
        """`asked`: `asked_at` and `told`, where a person has to decide; `may_ask`, where one may."""
        self.not_due.append(NotDue(**asdict(own_record(story, visit)), why=why, **asked))

    def owe_nothing_of(self, story: str, salon: Salon, document_id: int, why: str, **asked: Any) -> None:
        """The same for a document."""
        self.not_due.append(NotDue(**asdict(own_document(story, salon, document_id)), why=why, **asked))

    def ask_for_ids(self, document_id: int) -> None:
        """Nothing tells the ids that decide the rates of a document's goods: a person is asked, and there is no receipt."""
        due = next((one for one in self.receipts if (one.source, one.source_id) == ("goods", document_id)), None)
        if due is None or all(line.kind == "service" for line in due.lines):
            return
        self.receipts.remove(due)
        owner = {one.name: getattr(due, one.name) for one in fields(Owner)}
        asked: dict[str, Any] = {"may_ask": True} if due.turn else {"asked_at": due.due_at}
        self.not_due.append(NotDue(**owner, why="nothing tells the ids that decide its rates", **asked))

    def lend(self, story: str, visit: Visit, paid: Decimal = ZERO) -> None:
        self.debts.append(Debt(visit.company_id, visit.record_id, story, visit.total - paid))

    @property
    def total(self) -> Decimal:
        return add_up(receipt.total for receipt in self.receipts)

    def find_receipt(self, external_check_number: str) -> DueReceipt | None:
        matches = (one for one in self.receipts if one.external_check_number == external_check_number)
        return next(matches, None)


def own_record(story: str, visit: Visit) -> Owner:
    return Owner(f"altegio_{visit.record_id}", visit.company_id, "record", visit.record_id, story)


def own_document(story: str, salon: Salon, document_id: int) -> Owner:
    return Owner(f"altegio_goods_{document_id}", salon.company_id, "goods", document_id, story)


def _due(
    owner: Owner,
    salon: Salon,
    lines: tuple[Line, ...],
    payments: Sequence[Payment],
    sold_at: datetime,
    ending: dict[str, Any],
) -> DueReceipt:
    due_lines = list_due(lines)
    taxes = (_compute_tax(line, salon, sold_at) for line in lines if line.to_pay)
    return DueReceipt(
        **asdict(owner),
        total=add_up(line.total for line in due_lines),
        kinds=_add_up_kinds(payments),
        tax=add_up(taxes),
        lines=due_lines,
        due_at=max(payment.paid_at for payment in payments),
        **ending,
    )


def _add_up_kinds(payments: Sequence[Payment]) -> dict[Kind, Decimal]:
    """Merged: a receipt names each kind once."""
    sums = {kind: add_up(one.amount for one in payments if one.till.kind == kind) for kind in KINDS}
    return {kind: amount for kind, amount in sums.items() if amount}


def _compute_tax(line: Line, salon: Salon, sold_at: datetime) -> Decimal:
    return compute_tax(line.to_pay, salon.vat, sold_at.date(), salon.find_turnover(line.ware))


def list_due(lines: tuple[Line, ...]) -> tuple[DueLine, ...]:
    """What no money was paid for is left out, and what a certificate paid for was receipted when it was sold.

    A certificate or membership that is sold is a service on its receipt.
    """
    return tuple(
        DueLine(
            line.ware.title,
            "service" if line.ware.loyalty else line.kind,
            line.quantity,
            line.to_pay,
            line.ware.barcode,
        )
        for line in lines
        if line.to_pay
    )
