"""The VAT rate of a sale, and the tax that a price contains. Pure."""

from datetime import date
from decimal import Decimal

from shared.fiscal.money import round_tiyn

VAT_16_SINCE = date(2026, 1, 1)


def choose_vat_rate(regime: str, sold_on: date) -> int | None:
    """`none`, `auto` (12 % until 2025-12-31, 16 % from 2026-01-01, by the date of the sale) or a fixed rate."""
    if regime == "none":
        return None
    if regime == "auto":
        return 16 if sold_on >= VAT_16_SINCE else 12
    return int(regime)


def contained_tax(total: Decimal, rate: int) -> Decimal:
    """VAT inside a price that includes it."""
    return round_tiyn(total * rate / (100 + rate))
