"""Defines the books of a cashbox, day by day: what Altegio says was paid, what we issued, what the Z-reports count. Pure.

Days are Almaty's. A movement of money belongs to the day it happened on, a receipt to the day it was issued on. A Z-report
cannot be split, so a shift over midnight is matched by its documents: of a day it counts what we issued on it in shifts that
have a report, and what a report has more or less than all our receipts of its shift counts for the day the shift began.

A sale is compared with its own payments, however many days apart; where only the days differ nothing is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

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
    """Says what is behind a difference. The first three are not differences but reasons: nothing has to be corrected."""

    OTHER_DAY = "other_day"
    UNDER_WAY = "under_way"
    NOT_DUE = "not_due"
    DEAD_LETTER = "dead_letter"
    NO_RECEIPT = "no_receipt"
    NO_PAYMENT = "no_payment"
    RETURN_DUE = "return_due"
    RETURNED_HERE = "returned_here"
    OTHER_KIND = "other_kind"
    OTHER_SUM = "other_sum"


HARMLESS = (Why.OTHER_DAY, Why.UNDER_WAY, Why.NOT_DUE)


@dataclass(frozen=True, slots=True)
class Movement:
    """Records money that came (positive) or went back (negative) on a day, by Altegio's word or over our desk."""

    subject: BookedSale
    day: date
    kind: Kind
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Document:
    """Describes a receipt that was issued; `sums` are positive, for a return too."""

    subject: BookedSale
    day: date
    receipt_id: int
    fiscal_number: str
    is_return: bool
    sums: Mapping[PaymentKind, Decimal]
    shift_number: int | None
    is_offline: bool
    registration: str = ""

    @property
    def shift_name(self) -> ShiftName | None:
        return None if self.shift_number is None else (self.registration, self.shift_number)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Says what else is known of a sale. `delivery_state` and `reason` are of the newest delivery about it."""

    is_open: bool = False
    delivery_state: str | None = None
    reason: str | None = None
    return_due: str | None = None


@dataclass(frozen=True, slots=True)
class ShiftBooks:
    """Describes a shift for the comparison. `report` is None while it is open, and where its report was lost.

    `strangers`: its documents that are none of ours, as `shared/storage/models/shift.py` keeps them.
    """

    shift_id: int
    number: int
    day: date
    report: ReportSums | None
    strangers: Sequence[Mapping[str, Any]] | None = None
    registration: str = ""

    @property
    def name(self) -> ShiftName:
        return self.registration, self.number


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Names a delivery that was given up, and the sale it is about: a payment that has no receipt for this reason."""

    delivery_id: int
    day: date
    subject: BookedSale
    code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Material:
    """Holds everything about the sales of one cashbox that were touched in the days in question.

    `silent`: salons whose Altegio tells no payments; their receipts are taken for what was paid.
    """

    movements: Sequence[Movement]
    documents: Sequence[Document]
    shifts: Sequence[ShiftBooks]
    circumstances: Mapping[BookedSale, Circumstances]
    dead_letters: Sequence[DeadLetter] = ()
    silent: frozenset[int] = frozenset()


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
    """Describes one sale on one day. `told` and `issued` are that day's, returns taken off; `receipts`: all of the sale's,
    as (id, fiscal number).
    """

    day: date
    subject: BookedSale
    why: Why
    told: Amounts
    issued: Amounts
    receipts: tuple[tuple[int, str], ...] = ()
    note: str | None = None


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

    `uncounted`: issued in those shifts. `assumed`: sums of silent salons, taken over into `told`.
    """

    day: date
    told: Flow = field(default_factory=Flow)
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
    assumed: Decimal = ZERO

    @property
    def difference_count(self) -> int:
        return len(self.differences) + len(self.shift_differences)

    @property
    def is_empty(self) -> bool:
        return not (self.told.kinds or self.issued.kinds or self.difference_count or self.dead_letters)
