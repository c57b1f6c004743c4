"""Defines the books of a cashbox, day by day: what Altegio says was paid, what our desk took, what we issued, what the
Z-reports count, and all money beside them. Pure.

Days are Almaty's. A movement of money belongs to the day it happened on, a receipt to the day it was issued on. A Z-report
cannot be split, so a shift over midnight is matched by its documents: of a day it counts what we issued on it in shifts that
have a report, and what a report has more or less than all our receipts of its shift counts for the day the shift began.

A sale is compared with its own payments, however many days apart; where only the days differ nothing is wrong. What was
taken at our desk, or assumed where Altegio tells nothing, is never shown as Altegio's word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import ReportSums

# None: Altegio did not say how it was paid.
Kind = PaymentKind | None
Amounts = Mapping[Kind, Decimal]
# A registration number, empty where it was not told, and the shift's own: registered anew, a register begins with 1.
ShiftName = tuple[str, int]


class BookedSale(NamedTuple):
    """Names what was sold: a visit (`record_id`) or a sale document of goods (`document_id`), the other is None."""

    company_id: int
    record_id: int | None
    document_id: int | None


class Why(StrEnum):
    """Says what is behind a difference. The first five are not differences but reasons: nothing has to be corrected.

    `part_paid`: the visit waits for the rest, and is listed as a debt or a prepayment. `corrected`: staff corrected the way
    of payment by a return and a new sale, and Altegio still has the first one.
    """

    OTHER_DAY = "other_day"
    UNDER_WAY = "under_way"
    NOT_DUE = "not_due"
    PART_PAID = "part_paid"
    CORRECTED = "corrected"
    DEAD_LETTER = "dead_letter"
    NO_RECEIPT = "no_receipt"
    NO_PAYMENT = "no_payment"
    RETURN_DUE = "return_due"
    RETURNED_HERE = "returned_here"
    OTHER_KIND = "other_kind"
    OTHER_SUM = "other_sum"
    UNEXPLAINED = "unexplained"


class Entry(StrEnum):
    """Names money that is on no receipt of its day, or not as money: the lines of the books beside their columns.

    `cash_in`, `cash_out`: movements of a cash account that Altegio books beside sales; `drawer_in`, `drawer_out`: what
    was booked at the register. `transfer`: came from another account of the salon's own. `staff_goods`: taken without a
    payment. `prepaid`: of the receipts, those for a part of a visit.
    """

    PREPAID = "prepaid"
    TOP_UP = "top_up"
    DEPOSIT = "deposit"
    CERTIFICATE = "certificate"
    MEMBERSHIP = "membership"
    BONUS = "bonus"
    NONE = "none"
    ELSEWHERE = "elsewhere"
    TIP = "tip"
    REFUND = "refund"
    STAFF_GOODS = "staff_goods"
    CASH_IN = "cash_in"
    DRAWER_IN = "drawer_in"
    TRANSFER = "transfer"
    CASH_OUT = "cash_out"
    DRAWER_OUT = "drawer_out"
    OTHER_OUT = "other_out"
    UNEXPLAINED = "unexplained"


# Altegio's word; the rest is ours.
OURS = (Entry.PREPAID, Entry.DRAWER_IN, Entry.DRAWER_OUT)


class OpenKind(StrEnum):
    """Names what is open at the end of a day. `debt`: rendered and not paid in full; `prepayment`: paid before its day."""

    DEBT = "debt"
    PREPAYMENT = "prepayment"
    DEPOSIT = "deposit"


HARMLESS = (Why.OTHER_DAY, Why.UNDER_WAY, Why.NOT_DUE, Why.PART_PAID, Why.CORRECTED)


@dataclass(frozen=True, slots=True)
class Movement:
    """Records money that came (positive) or went back (negative) on a day, by Altegio's word or over our desk (`is_ours`).

    `is_loose`: Altegio ties it to nothing that was sold.
    """

    subject: BookedSale
    day: date
    kind: Kind
    amount: Decimal
    is_ours: bool = False
    is_loose: bool = False


@dataclass(frozen=True, slots=True)
class OtherMoney:
    """Records money of an entry on a day. `note` names it for a person: an item's title, an operation's number."""

    entry: Entry
    day: date
    amount: Decimal
    company_id: int
    record_id: int | None = None
    document_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Describes what is open at the end of a day, since when, and for how many days by then."""

    kind: OpenKind
    amount: Decimal
    since: date
    age: int
    company_id: int
    record_id: int | None = None
    client_id: int | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """Describes a receipt that was issued; `sums` are positive, for a return too. `is_told`: a return of
    which the payment itself tells: that of one payment alone, or of a sale that went back in full.
    """

    subject: BookedSale
    day: date
    receipt_id: int
    fiscal_number: str
    is_return: bool
    sums: Mapping[PaymentKind, Decimal]
    shift_number: int | None
    is_offline: bool
    registration: str = ""
    is_told: bool = False

    @property
    def shift_name(self) -> ShiftName | None:
        return None if self.shift_number is None else (self.registration, self.shift_number)


class Source(StrEnum):
    """Says who told that a sale was paid: Altegio, our desk, or nobody, where it is assumed to be as it was issued."""

    ALTEGIO = "altegio"
    DESK = "desk"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class PlainSales:
    """Adds up sales of one day that agree in every way, a receipt each: `sums` were paid, and issued in one shift."""

    day: date
    source: Source
    shift_number: int
    registration: str
    count: int
    sums: Mapping[PaymentKind, Decimal]

    @property
    def shift_name(self) -> ShiftName:
        return self.registration, self.shift_number


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Says what else is known of a sale. `is_part_paid`: a visit that was never called paid in full. `is_corrected`: its
    standing receipt has the way of payment from staff. `delivery_state` and `reason` are of the newest delivery about it.
    """

    is_open: bool = False
    is_part_paid: bool = False
    is_corrected: bool = False
    delivery_state: str | None = None
    reason: str | None = None
    return_due: str | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """Describes a document of the register that is none of ours, in Webkassa's words; `total` None: it named no sum."""

    fiscal_number: str | None
    external_check_number: str | None
    issued_at: str | None
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class ShiftBooks:
    """Describes a shift for the comparison. `report` is None while it is open, and where its report was lost.

    `strangers`: its documents that are none of ours, None where nobody looked.
    """

    shift_id: int
    number: int
    day: date
    report: ReportSums | None
    strangers: Sequence[Stranger] | None = None
    registration: str = ""

    @property
    def name(self) -> ShiftName:
        return self.registration, self.number


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Names a delivery that was given up, and the sale it is about: a payment that has no receipt for this reason.

    `operation_id`: the operation it told of, where it names no sale.
    """

    delivery_id: int
    day: date
    subject: BookedSale
    code: str | None
    reason: str | None
    operation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Holds everything about the sales of one cashbox that were touched in the days in question.

    `silent`: salons whose Altegio tells no payments; their receipts are taken for what was paid. `joint`: records of one
    visit, which may have one payment for all. `plain`: sales that stand nowhere else, being no question.
    """

    movements: Sequence[Movement]
    documents: Sequence[Document]
    shifts: Sequence[ShiftBooks]
    circumstances: Mapping[BookedSale, Circumstances]
    dead_letters: Sequence[DeadLetter] = ()
    silent: frozenset[int] = frozenset()
    other: Sequence[OtherMoney] = ()
    joint: Sequence[tuple[BookedSale, ...]] = ()
    plain: Sequence[PlainSales] = ()


@dataclass(slots=True)
class Flow:
    """Adds up sales and returns per kind of payment, both as positive sums."""

    sold: dict[Kind, Decimal] = field(default_factory=dict)
    returned: dict[Kind, Decimal] = field(default_factory=dict)

    def add(self, kind: Kind, amount: Decimal) -> None:
        """Adds a signed amount: positive to what was sold, negative to what was returned."""
        sums = self.sold if amount >= 0 else self.returned
        sums[kind] = sums.get(kind, ZERO) + abs(amount)

    def net(self, kind: Kind) -> Decimal:
        return self.sold.get(kind, ZERO) - self.returned.get(kind, ZERO)

    @property
    def kinds(self) -> set[Kind]:
        return {*self.sold, *self.returned}

    @property
    def total(self) -> Decimal:
        return sum(self.sold.values(), ZERO) - sum(self.returned.values(), ZERO)

    @property
    def returned_total(self) -> Decimal:
        return sum(self.returned.values(), ZERO)


@dataclass(frozen=True, slots=True)
class Difference:
    """Describes one sale on one day. `told`, `ours` (what our desk took) and `issued` are that day's, returns taken off;
    `receipts`: all of the sale's, as (id, fiscal number).
    """

    day: date
    subject: BookedSale
    why: Why
    told: Amounts
    issued: Amounts
    receipts: tuple[tuple[int, str], ...] = ()
    note: str | None = None
    ours: Amounts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShiftDifference:
    """Says per kind what a Z-report counts and we did not issue (positive), or the other way round (negative).

    `documents` is the same in number of documents, `other_kinds` in money of kinds that we never use.
    """

    day: date
    shift: ShiftBooks
    amounts: Amounts
    documents: int
    other_kinds: Decimal


@dataclass(slots=True)
class DayBooks:
    """Holds the comparison of one cashbox's day. `counted` leaves out the shifts of `missing_reports`, by number.

    `told` is Altegio's word alone; `ours`: taken at our desk, and the sums of silent salons, which are assumed to be as
    they were issued: these alone are `untold`.
    `uncounted`: issued in shifts without a report. `other`: money beside these columns. `open`: what is
    open at the end of the day, None where that was not looked up.
    """

    day: date
    told: Flow = field(default_factory=Flow)
    ours: Flow = field(default_factory=Flow)
    issued: Flow = field(default_factory=Flow)
    counted: Flow = field(default_factory=Flow)
    uncounted: Decimal = ZERO
    missing_reports: set[int] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)
    reasons: list[Difference] = field(default_factory=list)
    shift_differences: list[ShiftDifference] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    receipts: int = 0
    returns: int = 0
    offline: list[Document] = field(default_factory=list)
    untold: Flow = field(default_factory=Flow)
    other: list[OtherMoney] = field(default_factory=list)
    open: Sequence[OpenItem] | None = None

    @property
    def assumed(self) -> Decimal:
        return self.untold.total

    @property
    def unexplained(self) -> list[OtherMoney]:
        """Returns income that nothing explains: each is a difference."""
        return [money for money in self.other if money.entry is Entry.UNEXPLAINED]

    @property
    def difference_count(self) -> int:
        return len(self.differences) + len(self.shift_differences) + len(self.unexplained)

    @property
    def is_empty(self) -> bool:
        has_money = self.told.kinds or self.ours.kinds or self.issued.kinds or self.other or self.open
        return not (has_money or self.difference_count or self.dead_letters)

    def add_up(self, entry: Entry) -> Decimal:
        """Returns the sum of an entry."""
        return sum((money.amount for money in self.other if money.entry is entry), ZERO)
