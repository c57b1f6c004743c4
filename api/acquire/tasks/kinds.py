"""Names the kinds of tasks, and the columns that every kind has in the list."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Integer, Numeric, Select, Text, cast, literal, null, select


class TaskKind(StrEnum):
    """Names the kinds of tasks by what waits."""

    PAUSED = "paused"
    DEAD_LETTER = "dead_letter"
    RETURN_DUE = "return_due"
    RETURN_REFUSED = "return_refused"
    WAITING = "waiting"
    CASH_UNCLEAR = "cash_unclear"
    FINDING = "finding"
    HAND_BACK = "hand_back"


# The columns that every kind of task has, in their order.
_COLUMNS: dict[str, Any] = {
    "kind": Text,
    "id": BigInteger,
    "since": DateTime(timezone=True),
    "amount": Numeric(14, 2),
    "company_id": BigInteger,
    "record_id": BigInteger,
    "document_id": BigInteger,
    "receipt_id": BigInteger,
    "shift_id": BigInteger,
    "code": Text,
    "said": Text,
    "fiscal_number": Text,
    "register": Text,
    "day": Date,
    "count": Integer,
}


def make_task(kind: TaskKind, **columns: Any) -> Select[Any]:
    """Returns a select with all columns of a task; those that are not given are NULL."""
    given = {"kind": literal(kind.value), **columns}
    return select(*(cast(given.get(name, null()), of_type).label(name) for name, of_type in _COLUMNS.items()))
