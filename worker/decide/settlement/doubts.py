"""What the ledger of a sale says against a receipt that exists. Pure.

Money is taken back only where that was seen: payments were told and are in force no more, or an expense of the sale gave
some of it back. That a visit is not "paid in full" says nothing of it: the visit may cost more by now, its webhook may be
old, and a payment taken at the desk may never have been told to Altegio.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.fiscal.ledger import SaleLedger, add_up, merge
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind


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


def find_doubt(receipted: Mapping[PaymentKind, Decimal], ledger: SaleLedger, returned: Decimal = ZERO) -> Doubt | None:
    """Compares what a sale's receipt says with the money that is known now; `returned` is what its return receipts say.

    None where both agree, and where no money was ever told. A receipt may show what a deposit paid, whose money came before;
    income that nothing sold explains is no money of this receipt, so it is never too much.
    """
    total = add_up(receipted)
    left = total - returned
    if not ledger.known.was_told:
        return _find_given_back(ledger.given_back - returned, receipted)
    if not ledger.paid and ledger.deposit < left:
        return _describe_gone(ledger)
    if ledger.in_force < left:
        return (
            None if ledger.in_force + ledger.deposit >= left else _describe_less(left - ledger.in_force, receipted, ledger)
        )
    more = ledger.in_force - left
    if more and (ledger.in_force > total or not returned):
        if more <= ledger.loose:
            return None
        reason = f"{ledger.in_force:.2f} ₸ were paid, the receipt says {total:.2f} ₸"
        return Doubt(DoubtKind.MORE, f"{reason}: {more:.2f} ₸ have no receipt")
    if returned or ledger.given_back or None in ledger.paid:
        return None
    return None if merge(ledger.paid) == receipted else Doubt(DoubtKind.OTHER_KIND, _say_both(receipted, ledger))


def _find_given_back(unreturned: Decimal, receipted: Mapping[PaymentKind, Decimal]) -> Doubt | None:
    """An expense of a sale whose payments were never told."""
    if unreturned <= ZERO:
        return None
    back = f"{unreturned:.2f} ₸ were given back in Altegio"
    return Doubt(DoubtKind.LESS, f"{back}: the receipt says {describe_kinds(receipted)}")


def _describe_gone(ledger: SaleLedger) -> Doubt:
    if ledger.known.moved_to is not None:
        # The salon still has the money, so this is no payment given back.
        return Doubt(DoubtKind.LESS, f"the payment was moved to visit {ledger.known.moved_to} in Altegio")
    if ledger.known.is_unshared:
        return Doubt(
            DoubtKind.LESS, "what is paid for the other records of the visit leaves nothing for this one in Altegio"
        )
    return Doubt(DoubtKind.GONE, "the payment was taken back in Altegio")


def _describe_less(missing: Decimal, receipted: Mapping[PaymentKind, Decimal], ledger: SaleLedger) -> Doubt:
    if ledger.given_back:
        return Doubt(DoubtKind.LESS, f"{missing:.2f} ₸ were given back in Altegio: {_say_both(receipted, ledger)}")
    return Doubt(DoubtKind.LESS, f"{missing:.2f} ₸ less than was paid: {_say_both(receipted, ledger)}")


def _say_both(receipted: Mapping[PaymentKind, Decimal], ledger: SaleLedger) -> str:
    told = describe_kinds(merge(ledger.paid))
    back = f", {ledger.given_back:.2f} ₸ given back" if ledger.given_back else ""
    return f"the receipt says {describe_kinds(receipted)}, Altegio now says {told}{back}"


def describe_kinds(kinds: Mapping[PaymentKind, Decimal]) -> str:
    return ", ".join(f"{kind} {amount:.2f} ₸" for kind, amount in sorted(kinds.items()))
