"""Describes a receipt in the hands of whoever holds its cashbox: what was read of its row when it was taken."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DueReceipt:
    """Holds what an attempt needs of a receipt: a copy, so that no transaction stays open.

    `claim_id` is the holder's, `attempts` counts the one that was taken, `request` is the body without the token.
    `taken_at`: the database's time of that, by which waiting and answers are judged, since our own clock may be wrong.
    """

    id: int
    cashbox_id: int
    claim_id: UUID
    kind: str
    external_check_number: str
    basis_receipt_id: int | None
    total: Decimal
    request: dict[str, Any]
    attempts: int
    budget_used: int
    budget_starts_at: datetime
    created_at: datetime
    taken_at: datetime
    error_kind: str | None
    error_code: str | None
    error_text: str | None
