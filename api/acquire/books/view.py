"""Turns the books into what the page prints: columns of a day or a month, its days, what has to be looked at."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from api.acquire.books.labels import ENTRY_LABELS, OPEN_LABELS, UNTOLD, WHY_LABELS
from api.acquire.words.advice import explain
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.books.model import (
    OURS,
    Amounts,
    DayBooks,
    Difference,
    Entry,
    Flow,
    Kind,
    OpenItem,
    OpenKind,
    OtherMoney,
    ShiftDifference,
)
from shared.books.table import join, list_entries
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind

# How a delivery's reason names what Webkassa answered.
_CODE = re.compile(r"code (\S+): ")

Kept = Sequence[tuple[str, DayBooks]]


@dataclass(frozen=True, slots=True)
class KindRow:
    """Describes one line of the table: by Altegio, taken at our desk, not told and assumed, issued.

    `counted` is None where no report counts anything of it yet.
    """

    label: Text
    told: Decimal
    desk: Decimal
    untold: Decimal
    issued: Decimal
    counted: Decimal | None
    told_differs: bool
    counted_differs: bool


@dataclass(frozen=True, slots=True)
class SaleLine:
    """Describes a sale that differs, or the reason why it seems to."""

    cashbox: str
    day: date
    record_id: int | None
    document_id: int | None
    why: Text
    told: list[tuple[Text, Decimal]]
    ours: list[tuple[Text, Decimal]]
    issued: list[tuple[Text, Decimal]]
    receipts: tuple[tuple[int, str], ...]
    advice: Text | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """Describes a shift whose Z-report differs from our receipts; `documents` is how many it has more."""

    cashbox: str
    day: date
    shift_id: int
    number: int
    amounts: list[tuple[Text, Decimal]]
    documents: int
    strangers: Sequence[Any]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """Describes a line beside the columns; `differs`: Altegio and the register do not say the same of the drawer."""

    label: Text
    amount: Decimal
    is_ours: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Describes what is open at the end of the last day shown."""

    label: Text
    item: OpenItem


@dataclass(frozen=True, slots=True)
class BooksView:
    """Holds everything the page prints of a day or a month. `missing`: (cashbox, shift) without a report."""

    rows: list[KindRow]
    total: KindRow
    told_returned: Decimal
    issued_returned: Decimal
    missing: list[tuple[str, int]]
    differences: list[SaleLine]
    shifts: list[ShiftLine]
    reasons: list[SaleLine]
    offline: list[tuple[str, Any, Decimal]]
    dead_letters: list[Any]
    receipts: int
    returns: int
    assumed: Decimal
    has_desk: bool
    has_untold: bool
    entries: list[EntryLine]
    unexplained: list[tuple[str, OtherMoney]]
    open: list[OpenLine]
    open_sums: list[tuple[Text, Decimal]]
    is_empty: bool

    @property
    def difference_count(self) -> int:
        return len(self.differences) + len(self.shifts) + len(self.unexplained)


def show_books(kept: Kept) -> BooksView:
    """Adds up the days of all cashboxes and lists what differs."""
    days = [books for _, books in kept]
    told, ours, issued, counted = join(days)
    untold = _add_up_untold(days)
    missing = sorted({(number, shift) for number, books in kept for shift in books.missing_reports})
    kinds: list[Kind] = [*PaymentKind, *([None] if None in told.kinds | ours.kinds else [])]
    rows = [_show_kind(kind, told, ours, untold, issued, counted, days) for kind in kinds]
    named = {difference.subject for books in days for difference in books.differences}
    open_items = [item for books in days for item in books.open or ()]
    return BooksView(
        rows=rows,
        total=KindRow(
            label=Text("Total"),
            told=told.total,
            desk=ours.total - untold.total,
            untold=untold.total,
            issued=issued.total,
            counted=_find_counted(counted.total, issued.total, days),
            told_differs=any(row.told_differs for row in rows),
            counted_differs=any(row.counted_differs for row in rows),
        ),
        told_returned=told.returned_total,
        issued_returned=issued.returned_total,
        missing=missing,
        differences=[_show_sale(number, d) for number, books in kept for d in books.differences],
        shifts=[_show_shift(number, d) for number, books in kept for d in books.shift_differences],
        reasons=[_show_sale(number, d) for number, books in kept for d in books.reasons],
        offline=[(number, d, sum(d.sums.values(), ZERO)) for number, books in kept for d in books.offline],
        dead_letters=[letter for books in days for letter in books.dead_letters if letter.subject not in named],
        receipts=sum(books.receipts for books in days),
        returns=sum(books.returns for books in days),
        assumed=sum((books.assumed for books in days), ZERO),
        has_desk=ours.total != untold.total or any(ours.net(kind) != untold.net(kind) for kind in kinds),
        has_untold=bool(untold.kinds),
        entries=_show_entries(days),
        unexplained=[(number, money) for number, books in kept for money in books.unexplained],
        open=[OpenLine(OPEN_LABELS[item.kind], item) for item in open_items],
        open_sums=[
            (OPEN_LABELS[kind], sum((item.amount for item in open_items if item.kind is kind), ZERO))
            for kind in OpenKind
            if any(item.kind is kind for item in open_items)
        ],
        is_empty=all(books.is_empty for books in days),
    )


def _add_up_untold(days: Sequence[DayBooks]) -> Flow:
    untold = Flow()
    for books in days:
        for kind in books.untold.kinds:
            untold.add(kind, books.untold.net(kind))
    return untold


def _show_entries(days: Sequence[DayBooks]) -> list[EntryLine]:
    """Where Altegio tells of cash put in or taken out, the register's line stands beside it, though it be empty."""
    sums = dict(list_entries(days))
    off: set[Entry] = set()
    for told, booked in ((Entry.CASH_IN, Entry.DRAWER_IN), (Entry.CASH_OUT, Entry.DRAWER_OUT)):
        if told in sums and sums[told] != sums.setdefault(booked, ZERO):
            off |= {told, booked}
    return [
        EntryLine(ENTRY_LABELS[entry], sums[entry], entry in OURS, entry in off or entry is Entry.UNEXPLAINED)
        for entry in Entry
        if entry in sums
    ]


def _show_kind(
    kind: Kind, told: Flow, ours: Flow, untold: Flow, issued: Flow, counted: Flow, days: Sequence[DayBooks]
) -> KindRow:
    return KindRow(
        label=KIND_LABELS[kind] if kind else UNTOLD,
        told=told.net(kind),
        desk=ours.net(kind) - untold.net(kind),
        untold=untold.net(kind),
        issued=issued.net(kind),
        counted=_find_counted(counted.net(kind), issued.net(kind), days),
        told_differs=told.net(kind) + ours.net(kind) != issued.net(kind),
        counted_differs=any(kind in difference.amounts for books in days for difference in books.shift_differences),
    )


def _find_counted(counted: Decimal, issued: Decimal, days: Sequence[DayBooks]) -> Decimal | None:
    is_missing = any(books.missing_reports for books in days)
    return None if is_missing and issued and not counted else counted


def _show_sale(number: str, difference: Difference) -> SaleLine:
    subject = difference.subject
    return SaleLine(
        cashbox=number,
        day=difference.day,
        record_id=subject.record_id,
        document_id=subject.document_id,
        why=WHY_LABELS[difference.why],
        told=_list_amounts(difference.told),
        ours=_list_amounts(difference.ours),
        issued=_list_amounts(difference.issued),
        receipts=difference.receipts,
        advice=_explain_note(difference.note),
        note=difference.note,
    )


def _explain_note(note: str | None) -> Text | None:
    """Webkassa's words come as `code 9: …`; what the code means is said in the reader's language."""
    found = _CODE.match(note or "")
    return explain(found[1]).what if found else None


def _show_shift(number: str, difference: ShiftDifference) -> ShiftLine:
    shift = difference.shift
    amounts = _list_amounts(difference.amounts)
    if difference.other_kinds:
        amounts.append((Text("Other"), difference.other_kinds))
    return ShiftLine(
        number, difference.day, shift.shift_id, shift.number, amounts, difference.documents, shift.strangers or ()
    )


def _list_amounts(amounts: Amounts) -> list[tuple[Text, Decimal]]:
    return [(KIND_LABELS[kind] if kind else UNTOLD, amount) for kind, amount in amounts.items()]


@dataclass(frozen=True, slots=True)
class DayLine:
    """Describes one day in the list of a month."""

    day: date
    told: Decimal
    ours: Decimal
    issued: Decimal
    counted: Decimal | None
    counted_differs: bool
    differences: int


def show_days(kept: Kept) -> list[DayLine]:
    """Returns one line a day, cashboxes added up; days on which nothing happened are left out."""
    sums = ((line, (line.told, line.ours, line.issued, line.counted, line.differences)) for line in _iterate_days(kept))
    return [line for line, shown in sums if any(shown)]


def _iterate_days(kept: Kept) -> Iterator[DayLine]:
    for day in sorted({books.day for _, books in kept}):
        of_day = [books for _, books in kept if books.day == day]
        told, ours, issued, counted = join(of_day)
        differences = sum(books.difference_count for books in of_day)
        shown = _find_counted(counted.total, issued.total, of_day)
        is_off = any(books.shift_differences for books in of_day)
        yield DayLine(day, told.total, ours.total, issued.total, shown, is_off, differences)
