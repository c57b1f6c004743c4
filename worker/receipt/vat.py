"""Chooses the VAT rate of a sale, and computes the tax that a price contains. Pure."""

from datetime import date
from decimal import Decimal

from shared.fiscal.money import round_tiyn

VAT_16_SINCE = date(2026, 1, 1)


def choose_vat_rate(regime: str, sold_on: date) -> int | None:
    """Returns the rate of a regime in percent, None where the seller pays no VAT.

    The regime is `none`, a fixed rate, or `auto`: 12 % until 2025-12-31, 16 % from 2026-01-01, by the date of the sale.
    """
    if regime == "none":
        return None
    if regime == "auto":
        return 16 if sold_on >= VAT_16_SINCE else 12
    return int(regime)


def contained_tax(total: Decimal, rate: int) -> Decimal:
    """Returns the VAT inside a price that includes it, rounded to the tiyn as Webkassa checks it."""
    return round_tiyn(total * rate / (100 + rate))
