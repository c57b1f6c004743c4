"""Describes what a salon has chosen: when a receipt is due, how a payment is taken whose way is not told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.fiscal.money import round_tiyn
from shared.fiscal.statuses import PaymentKind


@dataclass(frozen=True, slots=True)
class Policy:
    """Holds the salon's choices. `default_kind` is None where staff is to be asked how the visit was paid.

    `payment_kinds`: a word of an account's title -> the kind of what is paid into it; it overrules Altegio's own flag.
    """

    fiscalize_when: str = "paid"
    comment_marker: str = ""
    default_kind: PaymentKind | None = PaymentKind.CARD
    amounts_in_tiyn: bool = False
    payment_kinds: Mapping[str, PaymentKind] = field(default_factory=dict)

    def in_tenge(self, amount: Decimal) -> Decimal:
        """Returns a sum of Altegio's in tenge, rounded to the tiyn."""
        return round_tiyn(amount / (100 if self.amounts_in_tiyn else 1))
