"""Chooses the VAT rate of each line of a sale, and computes the tax that a price contains. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.fiscal.accounts import has_word
from shared.fiscal.money import round_tiyn
from shared.fiscal.vat_rates import EXEMPT, NoRate, find_rate

if TYPE_CHECKING:
    from worker.receipt.lines import Line

RateOf = Callable[["Line"], int | None]
_STANDARD = {"auto": "standard"}


@dataclass(frozen=True, slots=True)
class VatRegime:
    """Says what a salon pays: `regime` is `none`, `auto` (the law's standard rate) or a rate.

    `lines`: what is taxed otherwise, as `shared.fiscal.vat_rates.parse_vat_lines` reads it. Who pays no VAT pays none of it.
    """

    regime: str = "none"
    lines: Mapping[str, str] = field(default_factory=dict)

    @property
    def turnovers(self) -> frozenset[str]:
        """Returns all that the salon may have to pay at, as `find_rate` takes it."""
        standard = _STANDARD.get(self.regime, self.regime)
        return frozenset({standard} if self.regime == EXEMPT else {standard, *self.lines.values()})


def choose_vat_rates(vat: VatRegime, sold_on: date) -> RateOf:
    """Returns what tells the rate of a line in percent, None where it has no VAT, on the day of the service.

    Altegio's bodies carry no category of a service or product, so lines are known by their id, else by a word of their
    title, else by being services or goods. Of words the first that fits holds. What it returns raises NoRate, also where an
    id that was not told could decide.
    """
    standard = _STANDARD.get(vat.regime, vat.regime)

    def rate_of(line: "Line") -> int | None:
        return find_rate(standard if vat.regime == EXEMPT else _find_turnover(vat.lines, line, standard), sold_on)

    return rate_of


def _find_turnover(lines: Mapping[str, str], line: "Line", standard: str) -> str:
    """Raises NoRate."""
    kind = "service" if line.is_service else "good"
    by_id = lines.get(f"{kind}:{line.item_id}")
    if by_id is not None:
        return by_id
    by_word = next((turnover for word, turnover in lines.items() if has_word(line.name, word)), None)
    turnover = by_word or lines.get(f"{kind}s") or standard
    if line.item_id is None and not line.is_certificate:
        of_ids = {other for known_by, other in lines.items() if known_by.startswith(f"{kind}:")}
        if of_ids - {turnover}:
            raise NoRate(f"Altegio did not tell the id of {line.name!r}, {line.total} ₸, and ids decide the VAT rate")
    return turnover


def contained_tax(total: Decimal, rate: int) -> Decimal:
    """Returns the VAT inside a price that includes it, rounded to the tiyn as Webkassa checks it."""
    return round_tiyn(total * rate / (100 + rate))
