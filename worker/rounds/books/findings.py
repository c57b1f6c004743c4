"""Turns the books of a day into what a person has to look at. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from shared.books.model import BookedSale, DayBooks, Difference, OpenItem, OpenKind, OtherMoney, ShiftDifference, Why
from shared.fiscal.money import ZERO
from shared.storage.models.day.book_finding import FindingKind

# Columns of `book_findings`.
Finding = dict[str, Any]
# Of today, the desk itself shows who has still to pay.
DEBT_FROM_DAYS = 1
# A deposit is meant to stay for a while.
DEPOSIT_FROM_DAYS = 90


def list_findings(books: DayBooks) -> Iterator[Finding]:
    """Yields the differences of a day: sales, incomes that nothing explains, Z-reports."""
    for difference in books.differences:
        yield _describe_sale(difference)
    for number, money in enumerate(books.unexplained):
        yield _describe_income(number, money)
    for shift in books.shift_differences:
        yield _describe_shift(shift)


def list_open_findings(books: DayBooks, prefix: str) -> Iterator[Finding]:
    """Yields old debts one by one, old deposits of a salon together; their keys begin with `prefix`."""
    deposits: dict[int, list[OpenItem]] = {}
    for item in books.open or ():
        if item.kind is OpenKind.DEBT and item.age >= DEBT_FROM_DAYS:
            name = f"{prefix}{item.kind} {item.company_id} {item.record_id}"
            subject = BookedSale(item.company_id, item.record_id, None)
            yield _find(name, FindingKind.DEBT, item.since, item.amount, subject)
        elif item.kind is OpenKind.DEPOSIT and item.age >= DEPOSIT_FROM_DAYS:
            deposits.setdefault(item.company_id, []).append(item)
    for company_id, items in deposits.items():
        since, total = min(item.since for item in items), _add_up(item.amount for item in items)
        subject = BookedSale(company_id, None, None)
        yield _find(f"{prefix}deposits {company_id}", FindingKind.DEPOSITS, since, total, subject, count=len(items))


def _describe_sale(difference: Difference) -> Finding:
    subject = difference.subject
    name = f"{difference.day} sale {subject.company_id} {subject.record_id or 0} {subject.document_id or 0}"
    paid = _add_up(difference.told.values()) + _add_up(difference.ours.values())
    amount = paid - _add_up(difference.issued.values())
    receipt_id = difference.receipts[-1][0] if difference.receipts else None
    return _find(name, difference.why, difference.day, amount, subject, receipt_id=receipt_id)


def _describe_income(number: int, money: OtherMoney) -> Finding:
    name = f"{money.day} income {money.company_id} {money.note or number}"
    subject = BookedSale(money.company_id, money.record_id, money.document_id)
    return _find(name, Why.UNEXPLAINED, money.day, money.amount, subject)


def _describe_shift(difference: ShiftDifference) -> Finding:
    amount = _add_up(difference.amounts.values()) + difference.other_kinds
    name = f"{difference.day} shift {difference.shift.shift_id}"
    return _find(name, FindingKind.SHIFT, difference.day, amount, None, shift_id=difference.shift.shift_id)


def _find(
    key: str, kind: str, day: date, amount: Decimal, subject: BookedSale | None, *, count: int = 1, **of_what: int | None
) -> Finding:
    return {
        "key": key,
        "kind": str(kind),
        "day": day,
        "amount": amount,
        "count": count,
        "company_id": subject.company_id if subject else None,
        "record_id": subject.record_id if subject else None,
        "document_id": subject.document_id if subject else None,
        "shift_id": None,
        "receipt_id": None,
        **of_what,
    }


def _add_up(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
