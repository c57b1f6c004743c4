"""Cleans JSON that others wrote, once, where it enters: after it there is nothing that a column or a page cannot hold. Pure.

What is cut away is never what decides: sums, numbers and codes are short, and plain text.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import simplejson

MAX_TEXT = 20_000
MAX_ITEMS = 5_000
MAX_DEPTH = 20
_LONGEST_WHOLE = 18
_LARGEST_EXPONENT = 30
# A NUL, and halves of characters beyond the first plane that came without their other half.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# The second halves begin with these as well, and so do Korean letters: cleaning what is clean changes nothing.
_SUSPICIOUS = (b"\x00", b"\\u0000", b"\\ud", b"\\uD")
_FEW_BRACKETS = 100


def read_json(content: bytes) -> Any:
    """Returns what a body says, cleaned; fractions are Decimal. Raises ValueError where it is no JSON.

    What many servers get wrong costs the value it stands in and no more: bytes that are no UTF-8, control characters, NaN,
    numbers beyond all bounds.
    """
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        parsed = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return parsed if _is_plain(content) else clean(parsed)


def _is_plain(content: bytes) -> bool:
    """Whether there can be nothing to clean: nearly always, and seen in a tenth of the time."""
    return (
        len(content) <= MAX_TEXT
        and content.count(b"{") + content.count(b"[") <= _FEW_BRACKETS
        and not any(mark in content for mark in _SUSPICIOUS)
    )


def clean(value: Any, depth: int = 0) -> Any:
    """Returns a copy of parsed JSON without what PostgreSQL or a reader chokes on; what is nested too deeply is None."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean(item, depth + 1) for item in value[:MAX_ITEMS]] if depth < MAX_DEPTH else None
    if isinstance(value, dict):
        if depth >= MAX_DEPTH:
            return None
        return {clean_text(str(key)): clean(item, depth + 1) for key, item in list(value.items())[:MAX_ITEMS]}
    return value if not isinstance(value, Decimal) or _is_storable(value) else str(value)


def clean_text(text: str, longest: int = MAX_TEXT) -> str:
    """Returns a text without NULs and lone surrogates, cut to `longest`."""
    text = text[:longest]
    # Most texts of an answer are plain: a look costs less than a search.
    return text if text.isascii() and "\x00" not in text else _UNSTORABLE.sub("", text)


def _read_fraction(text: str) -> Decimal | str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if _is_storable(number) else text


def _is_storable(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT


def _read_whole(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST_WHOLE else text


# Built once: that takes as long as reading an answer.
_DECODER = simplejson.JSONDecoder(
    strict=False, parse_float=_read_fraction, parse_int=_read_whole, parse_constant=lambda _: None
)
