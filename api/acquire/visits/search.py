"""Reads what was typed into the search field. Pure."""

import re
from dataclasses import dataclass

MAX_TYPED = 100
PHONE_TAIL = 4
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NumberSearch:
    """Looks for the tail of a phone, or the number of a record; fewer than four digits can only be a record."""

    record_id: int | None
    phone_tail: str | None


@dataclass(frozen=True, slots=True)
class NameSearch:
    """Looks for a name by LIKE patterns, the first to be matched in any case.

    The others are usual spellings: a database with the C locale knows the cases of Latin letters only.
    """

    patterns: tuple[str, ...]


Search = NumberSearch | NameSearch


def read_search(typed: str) -> Search | None:
    """Returns what to look for; None when there is nothing."""
    text = " ".join(typed[:MAX_TYPED].split())
    if not text:
        return None
    digits = re.sub(r"[^0-9]", "", text)
    if digits and re.fullmatch(r"[0-9\s()+.#№\-]+", text):
        return _read_number(text, digits)
    variants = dict.fromkeys((text, text.lower(), text.upper(), text.title(), text.capitalize()))
    return NameSearch(tuple(f"%{_escape(variant)}%" for variant in variants))


def _read_number(text: str, digits: str) -> NumberSearch:
    is_plain = digits == text.strip("#№ ")
    record_id = int(digits) if is_plain and 0 < int(digits) <= _LARGEST_ID else None
    if len(digits) < PHONE_TAIL:
        return NumberSearch(record_id or 0, None)
    return NumberSearch(record_id, _without_prefix(digits))


def _without_prefix(digits: str) -> str:
    """A whole number is kept with a leading 7 or 8 and said with either: the ten digits after it count."""
    return digits[1:] if len(digits) == 11 and digits[0] in "78" else digits


def _escape(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
