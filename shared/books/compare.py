"""Compares what was told, issued and counted, sale by sale and shift by shift, and says why it differs. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from shared.books.model import (
    HARMLESS,
    Amounts,
    BookedSale,
    Circumstances,
    DayBooks,
    Difference,
    Document,
    Kind,
    Material,
    ShiftBooks,
    ShiftDifference,
    ShiftName,
    Why,
)
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import ReportSums


def compare(material: Material, days: Iterable[date]) -> list[DayBooks]:
    """Returns the books of one cashbox for each of the days, in their order."""
    books = {day: DayBooks(day) for day in days}
    told, issued = _by_subject_and_day(material)
    documents: dict[BookedSale, list[Document]] = defaultdict(list)
    for document in material.documents:
        documents[document.subject].append(document)
    for subject in {*told, *issued}:
        _compare_subject(material, books, subject, told[subject], issued[subject], documents[subject])
    _count_documents(material, books)
    _compare_shifts(material, books)
    for letter in material.dead_letters:
        if letter.day in books:
            books[letter.day].dead_letters.append(letter)
    for day in books.values():
        day.differences.sort(key=_order)
        day.reasons.sort(key=_order)
    return list(books.values())


# Signed sums of one sale, as they came.
_Days = dict[date, list[tuple[Kind, Decimal]]]


def _by_subject_and_day(material: Material) -> tuple[dict[BookedSale, _Days], dict[BookedSale, _Days]]:
    told: dict[BookedSale, _Days] = defaultdict(lambda: defaultdict(list))
    issued: dict[BookedSale, _Days] = defaultdict(lambda: defaultdict(list))
    for movement in material.movements:
        told[movement.subject][movement.day].append((movement.kind, movement.amount))
    for document in material.documents:
        sign = -1 if document.is_return else 1
        for kind, amount in document.sums.items():
            issued[document.subject][document.day].append((kind, sign * amount))
    return told, issued


def _compare_subject(
    material: Material,
    books: Mapping[date, DayBooks],
    subject: BookedSale,
    told: _Days,
    issued: _Days,
    documents: Sequence[Document],
) -> None:
    if not told and subject.company_id in material.silent:
        _assume(books, issued)
        return
    whole_told = _net(part for day in told.values() for part in day)
    whole_issued = _net(part for day in issued.values() for part in day)
    agrees = _agree(whole_told, whole_issued)
    circumstances = material.circumstances.get(subject, Circumstances())
    for day in {*told, *issued} & set(books):
        said, made = _net(told.get(day, ())), _net(issued.get(day, ()))
        is_same = _agree(said, made)
        # A kind that was not told is the one on the receipt.
        for kind, amount in issued.get(day, ()) if is_same and None in said else told.get(day, ()):
            books[day].told.add(kind, amount)
        if is_same:
            continue
        why = Why.OTHER_DAY if agrees else _find_why(whole_told, whole_issued, circumstances, documents)
        receipts = tuple((document.receipt_id, document.fiscal_number) for document in documents)
        note = circumstances.return_due if why is Why.RETURN_DUE else circumstances.reason
        difference = Difference(day, subject, why, said, made, receipts, None if why is Why.OTHER_DAY else note)
        (books[day].reasons if why in HARMLESS else books[day].differences).append(difference)


def _assume(books: Mapping[date, DayBooks], issued: _Days) -> None:
    for day in set(issued) & set(books):
        for kind, amount in issued[day]:
            books[day].told.add(kind, amount)
            books[day].assumed += amount


def _find_why(told: Amounts, issued: Amounts, known: Circumstances, documents: Sequence[Document]) -> Why:
    if known.is_open:
        return Why.UNDER_WAY
    if known.return_due is not None:
        return Why.RETURN_DUE
    if not documents:
        if known.delivery_state == "dead_lettered":
            return Why.DEAD_LETTER
        return Why.NOT_DUE if known.delivery_state == "ignored" else Why.NO_RECEIPT
    if any(document.is_return for document in documents) and sum(told.values(), ZERO) > sum(issued.values(), ZERO):
        return Why.RETURNED_HERE
    if not told:
        return Why.NO_PAYMENT
    if sum(told.values(), ZERO) == sum(issued.values(), ZERO):
        return Why.OTHER_KIND
    return Why.OTHER_SUM


def _agree(told: Amounts, issued: Amounts) -> bool:
    """To the tiyn, per kind; money of a kind that was not told may be of any."""
    untold = told.get(None, ZERO)
    if not untold:
        return dict(told) == dict(issued)
    rest = [issued.get(kind, ZERO) - told.get(kind, ZERO) for kind in PaymentKind]
    return sum(rest, ZERO) == untold and all(amount * untold >= 0 for amount in rest)


def _count_documents(material: Material, books: Mapping[date, DayBooks]) -> None:
    reported = {shift.name for shift in material.shifts if shift.report is not None}
    for document in material.documents:
        day = books.get(document.day)
        if day is None:
            continue
        day.receipts += not document.is_return
        day.returns += document.is_return
        if document.is_offline:
            day.offline.append(document)
        is_counted = document.shift_name in reported
        if not is_counted and document.shift_number is not None:
            day.missing_reports.add(document.shift_number)
        for kind, amount in document.sums.items():
            signed = -amount if document.is_return else amount
            day.issued.add(kind, signed)
            if is_counted:
                day.counted.add(kind, signed)
            else:
                day.uncounted += signed


def _compare_shifts(material: Material, books: Mapping[date, DayBooks]) -> None:
    """`material.documents` must hold every receipt of a shift that began on one of the days."""
    ours: dict[ShiftName | None, list[Document]] = defaultdict(list)
    for document in material.documents:
        ours[document.shift_name].append(document)
    for shift in material.shifts:
        day = books.get(shift.day)
        if day is None or shift.report is None:
            continue
        difference = _compare_shift(shift, shift.report, ours[shift.name])
        if difference is not None:
            day.shift_differences.append(difference)
            for kind, amount in difference.amounts.items():
                day.counted.add(kind, amount)


def _compare_shift(shift: ShiftBooks, report: ReportSums, documents: Sequence[Document]) -> ShiftDifference | None:
    amounts: dict[Kind, Decimal] = {}
    for kind in PaymentKind:
        counted = report.sold.get(kind, ZERO) - report.returned.get(kind, ZERO)
        made = sum(((-1 if d.is_return else 1) * d.sums.get(kind, ZERO) for d in documents), ZERO)
        if counted != made:
            amounts[kind] = counted - made
    surplus = report.sale_count + report.return_count - len(documents)
    if not amounts and not surplus and not report.other:
        return None
    return ShiftDifference(shift.day, shift, amounts, surplus, report.other)


def _net(parts: Iterable[tuple[Kind, Decimal]]) -> dict[Kind, Decimal]:
    sums: dict[Kind, Decimal] = defaultdict(lambda: ZERO)
    for kind, amount in parts:
        sums[kind] += amount
    return {kind: amount for kind, amount in sums.items() if amount}


def _order(difference: Difference) -> tuple[str, int, int, int]:
    subject = difference.subject
    return difference.why, subject.company_id, subject.record_id or 0, subject.document_id or 0
