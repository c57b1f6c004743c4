"""Says whether the document that an answer tells of can be the one that was asked for. Pure.

An answer may be another request's: late on a connection that was kept, mixed up by a proxy, or by the register itself. What
it names has to be ours, as far as it names anything. That a register gives no fiscal number twice is told by an index.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from worker.cashbox.due_receipt import DueReceipt
from worker.webkassa.schemas import FiscalReceipt

# A register's clock may be in another zone, and ours may be wrong: where a document names our number, that is no reason to
# doubt it. One that names none is known by its time alone.
BEHIND, AHEAD = timedelta(hours=2), timedelta(days=60)
BEHIND_UNNAMED, AHEAD_UNNAMED = timedelta(minutes=2), timedelta(minutes=10)
# Altegio's sale is decided before its document is made, also where the tables were restored from a day before.
EARLIER_UNNAMED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Holds what makes a request known in its answer. `decided_at`: no document of it can be older."""

    cashbox_number: str
    external_number: str
    operation_type: int | None
    total: Decimal
    decided_at: datetime

    @classmethod
    def of(cls, receipt: DueReceipt, cashbox_number: str) -> "Asked":
        """Returns what the receipt's request names."""
        kind = receipt.request.get("OperationType")
        return cls(cashbox_number, receipt.external_check_number, kind, receipt.total, receipt.created_at)

    @property
    def names(self) -> tuple[str, str]:
        """Returns what a question names: the register, and our number."""
        return self.cashbox_number, self.external_number


@dataclass(frozen=True, slots=True)
class LastKnown:
    """Holds where the cashbox stood at its last document; None where there is none."""

    registration_number: str | None
    shift_number: int | None


def find_doubt(document: FiscalReceipt, asked: Asked, last: LastKnown, *, sent_at: datetime, now: datetime) -> str | None:
    """Returns why a document cannot be the one just made of this request, None where nothing speaks against it."""
    is_named = asked.external_number in document.external_numbers
    behind, ahead = (BEHIND, AHEAD) if is_named else (BEHIND_UNNAMED, AHEAD_UNNAMED)
    return (
        _find_stranger(document, asked)
        or _find_other_total(document, asked)
        or _find_other_time(document, sent_at - behind, now + ahead)
        or _find_past_shift(document, last)
    )


def find_doubt_of_earlier(document: FiscalReceipt, asked: Asked, *, shift: int | None, now: datetime) -> str | None:
    """Returns why a document cannot be the one made of this request at some time: what a lookup or code 14 shows.

    One that names our number is ours, whatever its sum: that becomes a difference. `shift`: the one that was asked for.
    """
    stranger = _find_stranger(document, asked)
    if stranger or asked.external_number in document.external_numbers:
        return stranger
    if shift is not None and document.shift_number not in (None, shift):
        return f"the document is of shift {document.shift_number}, not of {shift}"
    return _find_other_total(document, asked) or _find_other_time(
        document, asked.decided_at - EARLIER_UNNAMED, now + AHEAD_UNNAMED
    )


def _find_stranger(document: FiscalReceipt, asked: Asked) -> str | None:
    """What the answer names that is not ours."""
    if any(number.casefold() != asked.cashbox_number.casefold() for number in document.registers):
        return f"the document is of {_list(document.registers)}, not of {asked.cashbox_number}"
    if document.external_numbers - {asked.external_number}:
        return f"the document is that of {_list(document.external_numbers)}, not of {asked.external_number}"
    if document.operation_type not in (None, asked.operation_type):
        return f"the document is of operation {document.operation_type}, not {asked.operation_type}"
    return document.contradiction


def _find_other_total(document: FiscalReceipt, asked: Asked) -> str | None:
    if document.total in (None, asked.total):
        return None
    return f"the document {document.fiscal_number} is of {document.total} ₸, not of {asked.total} ₸"


def _find_other_time(document: FiscalReceipt, earliest: datetime, latest: datetime) -> str | None:
    if document.issued_at is None or earliest <= document.issued_at <= latest:
        return None
    return f"the document {document.fiscal_number} is of {document.issued_at_text}"


def _find_past_shift(document: FiscalReceipt, last: LastKnown) -> str | None:
    """Numbers of shifts grow, and begin anew only where the register was registered anew."""
    if document.shift_number is None or last.shift_number is None or document.shift_number >= last.shift_number:
        return None
    if document.registration_number not in (None, last.registration_number):
        return None
    return f"the document {document.fiscal_number} is of shift {document.shift_number}, before {last.shift_number}"


def _list(numbers: frozenset[str]) -> str:
    return ", ".join(sorted(numbers))
