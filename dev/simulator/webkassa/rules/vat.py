"""VAT rates the tax office takes. Pure. The register does not know the day of the service, only that it is not far away."""

from collections.abc import Mapping
from datetime import date, timedelta

from dev.simulator.webkassa.ledger import Receipt
from dev.simulator.webkassa.rules.fields import Fields, lowered, read_int, read_text
from dev.simulator.webkassa.rules.requisites import RETURNS

# Held from, until the next. 10 % of 2026 is for periodicals, 5 % and then 10 % for medicines and medical services.
RATES = {date(2009, 1, 1): {12}, date(2026, 1, 1): {5, 10, 16}, date(2027, 1, 1): {10, 16}}


def list_rates(day: date, days: int) -> frozenset[int]:
    """Of all days that are no further away than that."""
    first, last = day - timedelta(days=days), day + timedelta(days=days)
    begins = sorted(RATES)
    ends = [*begins[1:], date.max]
    held = (RATES[begin] for begin, end in zip(begins, ends, strict=True) if begin <= last and first < end)
    return frozenset().union(*held)


def list_rates_of_return(fields: Fields, receipts: Mapping[str, Receipt]) -> frozenset[int] | None:
    """A return keeps the rates of its sale; None for what is no return of a receipt that is known here."""
    basis = fields.get("returnbasisdetails")
    if read_int(fields.get("operationtype")) not in RETURNS or not isinstance(basis, Mapping):
        return None
    original = receipts.get(read_text(lowered(basis).get("checknumber")))
    return None if original is None else frozenset(line.tax_percent for line in original.sums.lines if line.tax_percent)
