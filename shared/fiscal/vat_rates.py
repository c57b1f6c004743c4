"""Keeps the VAT rates of Kazakhstan by the day they hold from, and reads what a salon says of its turnover. Pure.

Source: Tax Code 214-VIII of 18 Jul 2025, article 503 (rates), in force since 2026; before it the code of 2017, 12 %. The
rate is that of the day on which the service was rendered or the goods handed over (article 460, paragraph 3): a prepayment
is no turnover.
"""

import re
from collections.abc import Mapping
from datetime import date

# Turnover -> (holds from, percent), newest first. What was due before the first day is not known here and never guessed.
RATES: Mapping[str, tuple[tuple[date, int], ...]] = {
    "standard": ((date(2026, 1, 1), 16), (date.min, 12)),
    # Licensed medical services, cosmetology clinics among them, and medicines.
    "medical": ((date(2027, 1, 1), 10), (date(2026, 1, 1), 5)),
    "periodicals": ((date(2026, 1, 1), 10),),
}
EXEMPT = "none"
_KEY = re.compile(r"(?:service|good):[0-9]{1,18}")
_PERCENT = re.compile(r"[1-9][0-9]?")


class NoRate(Exception):
    """Raised where the law's rate of a day is not known."""


def find_rate(turnover: str, day: date) -> int | None:
    """Returns the rate of a turnover, or of a rate as text, on a day; None where it is exempt. Raises NoRate."""
    if turnover == EXEMPT:
        return None
    if turnover not in RATES:
        return int(turnover)
    for since, percent in RATES[turnover]:
        if day >= since:
            return percent
    raise NoRate(f"no VAT rate is known for {turnover} on {day}")


def describe_rates(turnover: str) -> str:
    """Returns the rates of a turnover with the years they hold from, such as `2026: 5 %, 2027: 10 %`."""
    if turnover not in RATES:
        return f"{turnover} %"
    return ", ".join(f"{since.year}: {percent} %" for since, percent in reversed(RATES[turnover]) if since > date.min)


def parse_vat_lines(text: str) -> dict[str, str]:
    """Reads `ботокс=medical, good:22001=periodicals` as what a line is known by -> its turnover or rate. Raises ValueError.

    A line is known by `service:` or `good:` and Altegio's id, by a word of its title, or as one of `services` or `goods`.
    """
    lines: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        known_by, _, turnover = (piece.strip() for piece in part.partition("="))
        turnover = turnover.lower()
        is_known = turnover in RATES or turnover == EXEMPT or _PERCENT.fullmatch(turnover)
        is_id = known_by.startswith(("service:", "good:"))
        if not known_by or not is_known or (is_id and not _KEY.fullmatch(known_by)):
            turnovers = ", ".join((*RATES, EXEMPT))
            raise ValueError(f"{part!r} must be a word or id and one of {turnovers} or a whole rate, such as ботокс=medical")
        lines[known_by] = turnover
    return lines
