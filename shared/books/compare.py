"""Compares what was told, issued and counted, sale by sale and shift by shift, and says why it differs. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    Flow,
    Kind,
    Material,
    Movement,
    ShiftBooks,
    ShiftDifference,
    ShiftName,
    Source,
    Why,
)
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import ReportSums


def compare(material: Material, days: Iterable[date]) -> list[DayBooks]:
    """Returns the books of one cashbox for each of the days, in their order."""
    books = {day: DayBooks(day) for day in days}
    material = _join_visits(material)
    told, ours, issued = _by_subject_and_day(material)
    documents, loose = defaultdict[BookedSale, list[Document]](list), defaultdict[BookedSale, list[Movement]](list)
    for document in material.documents:
        documents[document.subject].append(document)
    for movement in material.movements:
        if movement.is_loose:
            loose[movement.subject].append(movement)
    for one in {*told, *ours, *issued}:
        _compare_subject(material, books, _Sale(one, told[one], ours[one], issued[one], documents[one], loose[one]))
    _add_plain(material, books)
    _count_documents(material, books)
    _compare_shifts(material, books)
    for money in material.other:
        if money.day in books:
            books[money.day].other.append(money)
    for letter in material.dead_letters:
        if letter.day in books:
            books[letter.day].dead_letters.append(letter)
    for day in books.values():
        day.differences.sort(key=_order)
        day.reasons.sort(key=_order)
    return list(books.values())


# Signed sums of one sale, as they came.
_Days = dict[date, list[tuple[Kind, Decimal]]]
_Sales = dict[BookedSale, _Days]


@dataclass(frozen=True, slots=True)
class _Sale:
    """What is known of one sale: by Altegio's word, by our desk's, by its receipts."""

    subject: BookedSale
    told: _Days
    ours: _Days
    issued: _Days
    documents: Sequence[Document] = ()
    # Of what was told, the movements that Altegio ties to nothing.
    loose: Sequence[Movement] = ()

    @property
    def paid(self) -> dict[Kind, Decimal]:
        return _net(part for days in (self.told, self.ours) for day in days.values() for part in day)

    @property
    def made(self) -> dict[Kind, Decimal]:
        return _net(part for day in self.issued.values() for part in day)


def _by_subject_and_day(material: Material) -> tuple[_Sales, _Sales, _Sales]:
    told, ours, issued = (defaultdict[BookedSale, _Days](lambda: defaultdict(list)) for _ in range(3))
    for movement in material.movements:
        of = ours if movement.is_ours else told
        of[movement.subject][movement.day].append((movement.kind, movement.amount))
    for document in material.documents:
        sign = -1 if document.is_return else 1
        for kind, amount in document.sums.items():
            issued[document.subject][document.day].append((kind, sign * amount))
    return told, ours, issued


def _join_visits(material: Material) -> Material:
    """Takes the records of a visit together where they do not agree one by one: a payment of all of them names the first."""
    told, ours, issued = _by_subject_and_day(material)
    first: dict[BookedSale, BookedSale] = {}
    for records in material.joint:
        sales = [_Sale(one, told[one], ours[one], issued[one]) for one in records]
        if not all(_agree(sale.paid, sale.made) for sale in sales):
            first |= dict.fromkeys(records, records[0])
    if not first:
        return material
    circumstances = dict(material.circumstances)
    for subject, owner in first.items():
        circumstances[owner] = _merge(circumstances.get(owner), circumstances.get(subject))
    return replace(
        material,
        movements=[replace(one, subject=first.get(one.subject, one.subject)) for one in material.movements],
        documents=[replace(one, subject=first.get(one.subject, one.subject)) for one in material.documents],
        circumstances=circumstances,
    )


def _merge(one: Circumstances | None, other: Circumstances | None) -> Circumstances:
    one, other = one or Circumstances(), other or Circumstances()
    return Circumstances(
        is_open=one.is_open or other.is_open,
        is_part_paid=one.is_part_paid or other.is_part_paid,
        is_corrected=one.is_corrected or other.is_corrected,
        delivery_state=one.delivery_state or other.delivery_state,
        reason=one.reason or other.reason,
        return_due=one.return_due or other.return_due,
    )


def _compare_subject(material: Material, books: Mapping[date, DayBooks], sale: _Sale) -> None:
    subject = sale.subject
    if not sale.told and not sale.ours and subject.company_id in material.silent:
        _assume(books, sale.issued)
        return
    agrees = _agree(sale.paid, sale.made)
    for day in {*sale.told, *sale.ours, *sale.issued} & set(books):
        said, taken, made = (_net(days.get(day, ())) for days in (sale.told, sale.ours, sale.issued))
        is_same = _agree(_net([*said.items(), *taken.items()]), made)
        # A kind that was not told is the one on the receipt.
        for kind, amount in sale.issued.get(day, ()) if is_same and None in said and not taken else sale.told.get(day, ()):
            books[day].told.add(kind, amount)
        for kind, amount in sale.ours.get(day, ()):
            books[day].ours.add(kind, amount)
        if is_same:
            continue
        why = Why.OTHER_DAY if agrees else _find_why(material, sale)
        circumstances = material.circumstances.get(subject, Circumstances())
        receipts = tuple((document.receipt_id, document.fiscal_number) for document in sale.documents)
        note = circumstances.return_due if why is Why.RETURN_DUE else circumstances.reason
        note = None if why in (Why.OTHER_DAY, Why.UNEXPLAINED) else note
        difference = Difference(day, subject, why, said, made, receipts, note, taken)
        (books[day].reasons if why in HARMLESS else books[day].differences).append(difference)


def _add_plain(material: Material, books: Mapping[date, DayBooks]) -> None:
    for sales in material.plain:
        if day := books.get(sales.day):
            for kind, amount in sales.sums.items():
                _find_flow(day, sales.source).add(kind, amount)
                if sales.source is Source.ASSUMED:
                    day.untold.add(kind, amount)


def _find_flow(day: DayBooks, source: Source) -> Flow:
    return day.told if source is Source.ALTEGIO else day.ours


def _assume(books: Mapping[date, DayBooks], issued: _Days) -> None:
    for day in set(issued) & set(books):
        for kind, amount in issued[day]:
            books[day].ours.add(kind, amount)
            books[day].untold.add(kind, amount)


def _find_why(material: Material, sale: _Sale) -> Why:
    known = material.circumstances.get(sale.subject, Circumstances())
    told, issued, documents = sale.paid, sale.made, sale.documents
    if known.is_open:
        return Why.UNDER_WAY
    if known.return_due is not None:
        return Why.RETURN_DUE
    if _is_loose_alone(sale):
        return Why.UNEXPLAINED
    if known.is_part_paid and sum(told.values(), ZERO) > sum(issued.values(), ZERO):
        return Why.PART_PAID
    if not documents:
        if known.delivery_state == "dead_lettered":
            return Why.DEAD_LETTER
        return Why.NOT_DUE if known.delivery_state == "ignored" else Why.NO_RECEIPT
    if any(document.is_return for document in documents) and sum(told.values(), ZERO) > sum(issued.values(), ZERO):
        return Why.RETURNED_HERE
    if not told:
        return Why.NO_PAYMENT
    if sum(told.values(), ZERO) == sum(issued.values(), ZERO):
        return Why.CORRECTED if known.is_corrected else Why.OTHER_KIND
    return Why.OTHER_SUM


def _is_loose_alone(sale: _Sale) -> bool:
    """Says whether everything agrees but for income that Altegio ties to nothing that was sold."""
    if not sale.loose:
        return False
    firm = _net([*sale.paid.items(), *((one.kind, -one.amount) for one in sale.loose)])
    return len(firm) > 0 and _agree(firm, sale.made)


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
        if day := books.get(document.day):
            day.receipts += not document.is_return
            day.returns += document.is_return
            if document.is_offline:
                day.offline.append(document)
            sign = -1 if document.is_return else 1
            _count(day, reported, document.shift_name, {kind: sign * amount for kind, amount in document.sums.items()})
    for sales in material.plain:
        if day := books.get(sales.day):
            day.receipts += sales.count
            _count(day, reported, sales.shift_name, sales.sums)


def _count(
    day: DayBooks, reported: Collection[ShiftName], shift: ShiftName | None, sums: Mapping[PaymentKind, Decimal]
) -> None:
    """`sums`: negative for a return."""
    if shift is not None and shift not in reported:
        day.missing_reports.add(shift[1])
    for kind, amount in sums.items():
        day.issued.add(kind, amount)
        if shift in reported:
            day.counted.add(kind, amount)
        else:
            day.uncounted += amount


@dataclass(slots=True)
class _Made:
    """Adds up our receipts of one shift: how many documents, and what they come to in each way of payment."""

    documents: int = 0
    sums: dict[PaymentKind, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def add(self, documents: int, sums: Mapping[PaymentKind, Decimal], *, is_return: bool = False) -> None:
        self.documents += documents
        for kind, amount in sums.items():
            self.sums[kind] += -amount if is_return else amount


def _compare_shifts(material: Material, books: Mapping[date, DayBooks]) -> None:
    """The material must hold every receipt of a shift that began on one of the days."""
    made: dict[ShiftName | None, _Made] = defaultdict(_Made)
    for document in material.documents:
        made[document.shift_name].add(1, document.sums, is_return=document.is_return)
    for sales in material.plain:
        made[sales.shift_name].add(sales.count, sales.sums)
    for shift in material.shifts:
        day = books.get(shift.day)
        if day is None or shift.report is None:
            continue
        difference = _compare_shift(shift, shift.report, made[shift.name])
        if difference is not None:
            day.shift_differences.append(difference)
            for kind, amount in difference.amounts.items():
                day.counted.add(kind, amount)


def _compare_shift(shift: ShiftBooks, report: ReportSums, made: _Made) -> ShiftDifference | None:
    amounts: dict[Kind, Decimal] = {}
    for kind in PaymentKind:
        counted = report.sold.get(kind, ZERO) - report.returned.get(kind, ZERO)
        if counted != made.sums[kind]:
            amounts[kind] = counted - made.sums[kind]
    surplus = report.sale_count + report.return_count - made.documents
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
