"""What is known of a sale's money, and what it says against a receipt that exists. Pure.

Money is taken back only where that was seen: payments were told and are in force no more, or an expense of the sale gave
some of it back. That a visit is not "paid in full" says nothing of it: the visit may cost more by now, its webhook may be
old, and a payment taken at the desk may never have been told to Altegio.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """Money of a client that is in force, in tenge. `kind` is None when the account did not tell."""

    amount: Decimal
    kind: PaymentKind | None


@dataclass(frozen=True, slots=True)
class SaleMoney:
    """All that is known of the money of one visit or goods document, in tenge.

    `payments`: those in force. `given_back`: expenses booked on the sale, fees left out. `was_told`: a payment was told at
    some time, whatever became of it. `moved_to`: the visit that one of them belongs to by now.
    """

    payments: tuple[KnownPayment, ...] = ()
    given_back: Decimal = ZERO
    was_told: bool = False
    moved_to: int | None = None

    @property
    def paid(self) -> Decimal:
        """Payments in force, refunds not yet taken off."""
        return add_up(self.payments)

    @property
    def in_force(self) -> Decimal:
        return max(ZERO, self.paid - self.given_back)


NO_MONEY = SaleMoney()


class DoubtKind(StrEnum):
    """`gone`: no payment is left. `less`: a part, or all, was given back. `more`: than the receipt says. `other_kind`."""

    GONE = "gone"
    LESS = "less"
    MORE = "more"
    OTHER_KIND = "other_kind"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against a receipt, for staff to read."""

    kind: DoubtKind
    reason: str

    @property
    def is_paid_back(self) -> bool:
        """Only what Altegio deleted: an expense may have another meaning, so a person looks at it."""
        return self.kind is DoubtKind.GONE


def add_up(payments: Iterable[KnownPayment]) -> Decimal:
    return sum((payment.amount for payment in payments), ZERO)


def find_doubt(receipted: Mapping[PaymentKind, Decimal], money: SaleMoney, returned: Decimal = ZERO) -> Doubt | None:
    """Compares what a sale's receipt says with the money that is known now; `returned` is what its return receipts say.

    None where both agree, and where no money was ever told.
    """
    total = sum(receipted.values(), ZERO)
    left = total - returned
    if not money.was_told:
        return _find_given_back(money.given_back - returned, receipted)
    if not money.payments:
        return _describe_gone(money) if left else None
    if money.in_force < left:
        return _describe_less(left - money.in_force, receipted, money)
    if money.in_force > total or (money.in_force > left and not returned):
        reason = f"{money.in_force:.2f} ₸ were paid, the receipt says {total:.2f} ₸"
        return Doubt(DoubtKind.MORE, f"{reason}: {money.in_force - left:.2f} ₸ have no receipt")
    if returned or money.given_back or any(payment.kind is None for payment in money.payments):
        return None
    kinds = merge(money.payments)
    return None if kinds == receipted else Doubt(DoubtKind.OTHER_KIND, _say_both(receipted, money))


def _find_given_back(unreturned: Decimal, receipted: Mapping[PaymentKind, Decimal]) -> Doubt | None:
    """An expense of a sale whose payments were never told."""
    if unreturned <= ZERO:
        return None
    back = f"{unreturned:.2f} ₸ were given back in Altegio"
    return Doubt(DoubtKind.LESS, f"{back}: the receipt says {describe_kinds(receipted)}")


def _describe_gone(money: SaleMoney) -> Doubt:
    if money.moved_to is not None:
        # The salon still has the money, so this is no payment given back.
        return Doubt(DoubtKind.LESS, f"the payment was moved to visit {money.moved_to} in Altegio")
    return Doubt(DoubtKind.GONE, "the payment was taken back in Altegio")


def _describe_less(missing: Decimal, receipted: Mapping[PaymentKind, Decimal], money: SaleMoney) -> Doubt:
    if money.given_back:
        return Doubt(DoubtKind.LESS, f"{missing:.2f} ₸ were given back in Altegio: {_say_both(receipted, money)}")
    return Doubt(DoubtKind.LESS, f"{missing:.2f} ₸ less than was paid: {_say_both(receipted, money)}")


def _say_both(receipted: Mapping[PaymentKind, Decimal], money: SaleMoney) -> str:
    told = describe_kinds(merge(money.payments))
    back = f", {money.given_back:.2f} ₸ given back" if money.given_back else ""
    return f"the receipt says {describe_kinds(receipted)}, Altegio now says {told}{back}"


def describe_kinds(kinds: Mapping[PaymentKind, Decimal]) -> str:
    return ", ".join(f"{kind} {amount:.2f} ₸" for kind, amount in sorted(kinds.items()))


def merge(payments: Sequence[KnownPayment], fallback: PaymentKind = PaymentKind.CARD) -> dict[PaymentKind, Decimal]:
    """Adds payments up by kind, since Webkassa takes each kind once; `fallback` is the kind of those that do not tell."""
    merged: dict[PaymentKind, Decimal] = {}
    for payment in payments:
        kind = payment.kind or fallback
        merged[kind] = merged.get(kind, ZERO) + payment.amount
    return merged
