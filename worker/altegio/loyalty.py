"""Reads Altegio's loyalty transactions: what paid for a sale and is no money, told from what only stands beside it. Pure.

Two lists have them, of different shapes: the sale document names a type and what was used, visit details have two flags
beside. Accruals of bonuses and discounts that have lowered the price before are in the same lists, and pay nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from shared.altegio import Flag, Id, Named, RequiredAmount, Text
from shared.fiscal.statuses import NoMoney
from worker.altegio.schemas import Row, enumerate_rows, validate

# Types of Altegio. 10 is a membership counted anew, 6 a withdrawal by hand: whether they pay is not known.
_PAYING = {3: NoMoney.BONUS, 8: NoMoney.CERTIFICATE, 9: NoMoney.MEMBERSHIP, 11: NoMoney.DEPOSIT}
_NOT_PAYING = frozenset({1, 2, 4, 5, 7})
_IN_FORCE = 1
_WORDS = (
    (re.compile(r"сертификат|certificate|gift", re.IGNORECASE), NoMoney.CERTIFICATE),
    (re.compile(r"абонемент|membership|subscription|abonement", re.IGNORECASE), NoMoney.MEMBERSHIP),
    (re.compile(r"депозит|лицев|deposit|personal account", re.IGNORECASE), NoMoney.DEPOSIT),
)


@dataclass(frozen=True, slots=True)
class Loyalty:
    """Holds a transaction that paid, or may have. `record_id`: the record whose part it paid, where that is told."""

    id: int | None
    amount: Decimal
    means: NoMoney
    record_id: int | None = None


def _read_hint(value: Any) -> bool | None:
    return None if value in (None, "") else str(value).strip().lower() in ("1", "true")


class _Transaction(Row):
    id: Id = None
    amount: RequiredAmount
    type_id: Id = None
    type: Annotated[Named | None, BeforeValidator(lambda value: value if isinstance(value, dict) else None)] = None
    title: Text = ""
    status_id: Id = None
    deleted: Flag = False
    is_discount: Flag = False
    is_loyalty_withdraw: Annotated[bool | None, BeforeValidator(_read_hint)] = None
    item_record_id: Id = None
    record_id: Id = None
    loyalty_certificate_id: Id = None
    certificate_id: Id = None
    loyalty_abonement_id: Id = None
    abonement_id: Id = None
    deposit_transaction_id: Id = None


def read_loyalty(state: Mapping[str, Any]) -> list[Loyalty]:
    """Returns what paid for a sale, or may have, by its document or by visit details. Raises UnreadableAnswer.

    The sign of a withdrawal is not documented; a status other than 1 looks like a transaction that was cancelled.
    """
    found = []
    for number, row in enumerate_rows(state, "loyalty_transactions"):
        one = validate(_Transaction, row, "loyalty_transactions", number)
        means = None if one.deleted or one.status_id not in (None, _IN_FORCE) else _find_means(one)
        if means is not None and one.amount:
            found.append(Loyalty(one.id, abs(one.amount), means, one.item_record_id or one.record_id or None))
    return found


def _find_means(one: _Transaction) -> NoMoney | None:
    """None where it pays nothing."""
    type_id = one.type_id or (one.type.id if one.type else None)
    if type_id in _PAYING:
        return _PAYING[type_id]
    if type_id in _NOT_PAYING or one.is_discount:
        return None
    if type_id is not None:
        return NoMoney.UNCLEAR
    used = _find_used(one)
    if one.is_loyalty_withdraw is None:
        return used or NoMoney.UNCLEAR
    return (used or NoMoney.BONUS) if one.is_loyalty_withdraw else None


def _find_used(one: _Transaction) -> NoMoney | None:
    """By what it names, or by its words."""
    if one.loyalty_certificate_id or one.certificate_id:
        return NoMoney.CERTIFICATE
    if one.loyalty_abonement_id or one.abonement_id:
        return NoMoney.MEMBERSHIP
    if one.deposit_transaction_id:
        return NoMoney.DEPOSIT
    words = f"{one.title} {one.type.title if one.type else ''}"
    return next((means for pattern, means in _WORDS if pattern.search(words)), None)
