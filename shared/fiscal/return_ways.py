"""Says in which ways the money of a return goes back: those it came in. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import PaymentKind


def find_ways_left(sale: Mapping[str, Any], returns: Iterable[Mapping[str, Any]]) -> dict[PaymentKind, Decimal]:
    """Returns what can still go back in each way, in the order in which it goes: cashless ways first, the largest of them
    first, cash for the rest.

    `sale`: the body of its request; `returns`: those of its returns so far.
    """
    left = read_paid(sale)
    for request in returns:
        for kind, amount in read_paid(request).items():
            left[kind] = left.get(kind, ZERO) - amount
    return {kind: left[kind] for kind in sorted(left, key=lambda kind: (kind is PaymentKind.CASH, -left[kind]))}


def share_returned(total: Decimal, left: Mapping[PaymentKind, Decimal]) -> dict[PaymentKind, Decimal]:
    """Returns what of `total` goes back in each way; less than `total` where less was paid."""
    parts: dict[PaymentKind, Decimal] = {}
    for kind, amount in left.items():
        part = min(amount, total - sum(parts.values(), ZERO))
        if part > 0:
            parts[kind] = part
    return parts
