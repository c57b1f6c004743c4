"""Describes what a salon has chosen: when a receipt is due, how its accounts are taken, what is no part of a sale. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from shared.fiscal.accounts import parse_accounts
from shared.fiscal.money import round_tiyn
from shared.fiscal.statuses import PaymentKind
from shared.salon.choices import DEFAULT_ACCOUNTS, DEFAULT_TIPS, parse_words


@dataclass(frozen=True, slots=True)
class Policy:
    """Holds the salon's choices. `default_kind` is None where staff is to be asked how the visit was paid.

    `accounts`: a word of an account's title, or `id:` and its number -> a kind of payment, `none` (a bank transfer: no
    receipt) or `elsewhere` (a terminal that is a register itself); it overrules Altegio's own flag.
    `deposits`: when the money of a client's deposit gets its receipt. `part_payments`: one receipt when all is paid, or one
    for each payment. `tip_words`: of expense items (or `id:` and number) and accounts whose money is no part of a sale.
    `certificates_as_services`: a certificate or membership that is sold is a service on its receipt, else goods.
    `named_in`: the field of Altegio's visit that names its receipts, "" for the comment, None for none.
    `books_desk`: what is taken at the desk is booked in Altegio as well.
    `goods_codes_required`: goods without a code of the National Catalogue go to a person, before any receipt.
    `receivers`: the ways of a receipt to its customer; none where it is given to nobody by itself.
    """

    fiscalize_when: str = "paid"
    comment_marker: str = ""
    default_kind: PaymentKind | None = PaymentKind.CARD
    amounts_in_tiyn: bool = False
    accounts: Mapping[str, str] = field(default_factory=lambda: parse_accounts(DEFAULT_ACCOUNTS))
    deposits: Literal["by_hand", "at_top_up", "at_spending"] = "by_hand"
    part_payments: Literal["one_at_end", "per_payment"] = "one_at_end"
    tip_words: tuple[str, ...] = parse_words(DEFAULT_TIPS)
    certificates_as_services: bool = True
    goods_codes_required: bool = False
    receivers: tuple[str, ...] = ("webkassa",)
    named_in: str | None = None
    books_desk: bool = False

    def in_tenge(self, amount: Decimal) -> Decimal:
        """Returns a sum of Altegio's in tenge, rounded to the tiyn."""
        return round_tiyn(amount / (100 if self.amounts_in_tiyn else 1))
