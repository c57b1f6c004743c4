"""Turns the books into rows for files and terminals: a name for each column, amounts as Decimal, days as dates. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from shared.books.model import (
    OURS,
    BookedSale,
    DayBooks,
    Difference,
    Entry,
    Flow,
    Kind,
    OpenItem,
    OtherMoney,
    ShiftDifference,
    Why,
)
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind

COLUMNS = (
    "row",
    "day",
    "cashbox",
    "kind",
    "altegio_paid",
    "altegio_returned",
    "desk",
    "issued",
    "returned",
    "z_report",
    "difference",
    "company_id",
    "record_id",
    "document_id",
    "shift",
    "why",
    "receipts",
    "note",
    "age",
)
NOT_TOLD = "not_told"


def list_rows(books: Sequence[tuple[str, DayBooks]]) -> Iterator[dict[str, Any]]:
    """Yields a dict for each row, with every name of COLUMNS. `books`: (factory number of a cashbox, one of its days).

    `row` says what a row is about. total: a day and a kind; money: other money of a day, its entry as `kind`;
    unexplained: an income that nothing explains; difference, reason: a sale; shift: a Z-report; stranger: a document that
    is none of ours; offline: a receipt issued in autonomous mode; dead_letter: a delivery that was given up; open: a
    debt, a prepayment or a deposit at the end of the day, with its `age` in days. `desk`: taken at our desk, or assumed.
    """
    for number, day in books:
        common = {"day": day.day, "cashbox": number}
        for row in _list_day(day):
            yield {**dict.fromkeys(COLUMNS), **common, **row}


def _list_day(day: DayBooks) -> Iterator[dict[str, Any]]:
    if not day.is_empty:
        yield from _list_totals(day)
        yield from _list_entries(day)
    for money in day.unexplained:
        yield _describe_income(money)
    for difference in day.differences:
        yield {"row": "difference", **_describe(difference)}
    for reason in day.reasons:
        yield {"row": "reason", **_describe(reason)}
    for shift in day.shift_differences:
        yield _describe_shift(shift)
        yield from _list_strangers(shift)
    for document in day.offline:
        total = sum(document.sums.values(), ZERO)
        sums = {"returned": total} if document.is_return else {"issued": total}
        receipts = document.fiscal_number
        yield {"row": "offline", **_name(document.subject), **sums, "shift": document.shift_number, "receipts": receipts}
    for letter in day.dead_letters:
        note = f"{letter.delivery_id}: {letter.reason or ''}"
        yield {"row": "dead_letter", **_name(letter.subject), "why": letter.code, "note": note}
    for item in day.open or ():
        yield _describe_open(item)


def _list_totals(day: DayBooks) -> Iterator[dict[str, Any]]:
    for kind in list_kinds(day):
        told, ours, issued = day.told.net(kind), day.ours.net(kind), day.issued.net(kind)
        yield {
            "row": "total",
            "kind": kind or NOT_TOLD,
            "altegio_paid": _get(day.told.sold, kind),
            "altegio_returned": _get(day.told.returned, kind),
            "desk": ours,
            "issued": _get(day.issued.sold, kind),
            "returned": _get(day.issued.returned, kind),
            "z_report": None if day.missing_reports and not day.counted.kinds else day.counted.net(kind),
            "difference": told + ours - issued,
            "note": _name_missing(day),
        }


def list_entries(days: Sequence[DayBooks]) -> list[tuple[Entry, Decimal]]:
    """Returns the lines beside the columns that have money in these days, in their order."""
    sums = [(entry, sum((day.add_up(entry) for day in days), ZERO)) for entry in Entry]
    return [(entry, amount) for entry, amount in sums if amount]


def measure_explained(days: Iterable[DayBooks]) -> Decimal:
    """Returns the share of the money Altegio tells of that something explains, in percent; 100 where it tells of none."""
    told = unexplained = ZERO
    for day in days:
        told += sum((*day.told.sold.values(), *day.told.returned.values()), ZERO)
        told += sum((abs(money.amount) for money in day.other if money.entry not in OURS), ZERO)
        unexplained += day.add_up(Entry.UNEXPLAINED)
        loose = (one for one in day.differences if one.why is Why.UNEXPLAINED)
        unexplained += sum((abs(_sum(one.told) + _sum(one.ours) - _sum(one.issued)) for one in loose), ZERO)
    return 100 * (told - unexplained) / told if told else Decimal(100)


def _list_entries(day: DayBooks) -> Iterator[dict[str, Any]]:
    """Each in the column of whoever says it."""
    for entry, amount in list_entries([day]):
        yield {"row": "money", "kind": entry, "issued" if entry in OURS else "altegio_paid": amount}


def _describe_income(money: OtherMoney) -> dict[str, Any]:
    subject = BookedSale(money.company_id, money.record_id, money.document_id)
    why = Why.UNEXPLAINED
    return {
        "row": "unexplained",
        **_name(subject),
        "altegio_paid": money.amount,
        "difference": money.amount,
        "why": why,
        "note": money.note,
    }


def _describe_open(item: OpenItem) -> dict[str, Any]:
    subject = BookedSale(item.company_id, item.record_id, None)
    client = f"client {item.client_id}" if item.client_id else ""
    return {
        "row": "open",
        **_name(subject),
        "why": item.kind,
        "difference": item.amount,
        "age": item.age,
        "note": client or None,
    }


def _name_missing(day: DayBooks) -> str | None:
    missing = ", ".join(map(str, sorted(day.missing_reports)))
    return f"no Z-report of shifts: {missing}" if missing else None


def list_kinds(day: DayBooks) -> list[Kind]:
    """Returns the kinds to show for a day: the three always, None (not told) only where there is such money."""
    return [*PaymentKind, *([None] if None in day.told.kinds | day.ours.kinds else [])]


def _get(sums: dict[Kind, Decimal], kind: Kind) -> Decimal:
    return sums.get(kind, ZERO)


def _describe(difference: Difference) -> dict[str, Any]:
    told, ours, issued = _sum(difference.told), _sum(difference.ours), _sum(difference.issued)
    kinds = sorted({str(kind or NOT_TOLD) for kind in (*difference.told, *difference.ours, *difference.issued)})
    return {
        **_name(difference.subject),
        "kind": " ".join(kinds),
        "altegio_paid": told,
        "desk": ours,
        "issued": issued,
        "difference": told + ours - issued,
        "why": difference.why,
        "receipts": " ".join(number for _, number in difference.receipts),
        "note": difference.note,
    }


def _describe_shift(difference: ShiftDifference) -> dict[str, Any]:
    amount = _sum(difference.amounts) + difference.other_kinds
    parts = [f"{kind} {value}" for kind, value in difference.amounts.items()]
    note = f"documents {difference.documents:+d}; {', '.join(parts) or 'sums agree'}"
    return {"row": "shift", "shift": difference.shift.number, "difference": amount, "note": note}


def _list_strangers(difference: ShiftDifference) -> Iterator[dict[str, Any]]:
    for document in difference.shift.strangers or ():
        yield {
            "row": "stranger",
            "shift": difference.shift.number,
            "z_report": document.total,
            "receipts": document.fiscal_number,
            "note": f"{document.external_check_number or ''} {document.issued_at or ''}".strip(),
        }


def _name(subject: BookedSale) -> dict[str, Any]:
    return {"company_id": subject.company_id, "record_id": subject.record_id, "document_id": subject.document_id}


def _sum(amounts: Any) -> Decimal:
    return sum(amounts.values(), ZERO)


def join(days: Sequence[DayBooks]) -> tuple[Flow, Flow, Flow, Flow]:
    """Adds several days up: returns what was told, what was taken at our desk, what was issued and what was counted."""
    flows = (Flow(), Flow(), Flow(), Flow())
    for day in days:
        for flow, part in zip(flows, (day.told, day.ours, day.issued, day.counted), strict=True):
            for kind, amount in part.sold.items():
                flow.add(kind, amount)
            for kind, amount in part.returned.items():
                flow.add(kind, -amount)
    return flows
