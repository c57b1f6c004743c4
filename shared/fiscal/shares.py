"""Shares the payments of one visit out among its records, each of which gets a receipt of its own. Pure.

Altegio joins several records in a visit and may take one payment for all of them, which names the first, or only the visit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from shared.fiscal.ledger import Movement
from shared.fiscal.money import ZERO


@dataclass(frozen=True, slots=True)
class Claim:
    """Says what a record of the visit may cost, by either of two words (`Cost`), or what its receipt says by now."""

    record_id: int
    asked: Decimal
    full: Decimal
    is_receipted: bool = False


@dataclass(frozen=True, slots=True)
class VisitPayment:
    """Holds a payment of the visit. `record_id` is None where it names no record."""

    record_id: int | None
    movement: Movement


Shares = Mapping[int, tuple[Movement, ...]]


def share_out(claims: Iterable[Claim], payments: Sequence[VisitPayment]) -> Shares | None:
    """Returns each record's part of the payments, None where they do not add up to what the records cost."""
    ordered = sorted(claims, key=lambda claim: claim.record_id)
    paid = sum((payment.movement.amount for payment in payments), ZERO)
    for wanted in ({c.record_id: c.full for c in ordered}, {c.record_id: c.asked for c in ordered}):
        if paid == sum(wanted.values(), ZERO):
            return _fill(wanted, payments)
    return None


def spread(claims: Iterable[Claim], payments: Sequence[VisitPayment]) -> Shares:
    """Returns each record's part although the sums differ: what is missing is missed by the last record, and what is too
    much stays with the record it names, or with the first.
    """
    return _fill({claim.record_id: claim.asked for claim in sorted(claims, key=lambda claim: claim.record_id)}, payments)


def _fill(wanted: Mapping[int, Decimal], payments: Sequence[VisitPayment]) -> Shares:
    """A record's own payments first, then what they leave over, in the order of the records. What has a receipt already
    stays with the record it names.
    """
    left = dict(wanted)
    parts: dict[int, list[Movement]] = {record_id: [] for record_id in wanted}
    over: list[VisitPayment] = []
    for payment in sorted(payments, key=lambda one: not one.movement.receipted):
        rest = payment.movement.amount
        if payment.record_id in left:
            rest -= _give(payment, payment.record_id, rest, left, parts)
        if rest:
            over.append(replace(payment, movement=_cut(payment.movement, payment.movement.amount - rest, rest)))
    for payment in over:
        rest = payment.movement.amount
        for record_id in wanted:
            rest -= _give(payment, record_id, rest, left, parts)
        if rest:
            owner = payment.record_id if payment.record_id in parts else next(iter(wanted))
            parts[owner].append(_cut(payment.movement, payment.movement.amount - rest, rest))
    return {record_id: tuple(given) for record_id, given in parts.items()}


def _give(
    payment: VisitPayment, record_id: int, rest: Decimal, left: dict[int, Decimal], parts: dict[int, list[Movement]]
) -> Decimal:
    part = min(rest, left[record_id])
    if part > ZERO:
        left[record_id] -= part
        parts[record_id].append(_cut(payment.movement, payment.movement.amount - rest, part))
        return part
    return ZERO


def _cut(movement: Movement, begin: Decimal, amount: Decimal) -> Movement:
    """A part of a payment, from `begin` on: what of it has a receipt comes first."""
    receipted = min(amount, max(ZERO, movement.receipted - begin))
    return replace(movement, amount=amount, receipted=receipted)
