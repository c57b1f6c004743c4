"""Finds visits by the name or the phone of their client, for the receipts that are theirs."""

from sqlalchemy import ColumnElement, and_, func, or_

from api.acquire.receipts.search import LETTERS, PLAIN, ReceiptSearch
from shared.storage.models import Visit


def match_visits(search: ReceiptSearch) -> ColumnElement[bool] | None:
    """Returns the condition that a visit is one of those; None where neither a name nor a phone was typed."""
    tail, words = search.phone_tail, search.words
    by_phone = and_(func.right(Visit.client_phone, 4) == tail[-4:], Visit.client_phone.endswith(tail)) if tail else None
    by_name = and_(*(Visit.client_name.regexp_match(_write_pattern(word)) for word in words)) if words else None
    found = [condition for condition in (by_phone, by_name) if condition is not None]
    return or_(*found) if found else None


def _write_pattern(word: str) -> str:
    """Each letter as itself, its capital and what it stands for: a database with the C locale folds Latin letters only."""
    return "".join(map(_write_letter, word))


def _write_letter(letter: str) -> str:
    if not letter.isalnum():
        return f"\\{letter}"
    same = [letter, *(kazakh for kazakh, plain in zip(LETTERS, PLAIN, strict=True) if plain == letter)]
    return "[" + "".join(f"{one}{one.upper()}" if len(one.upper()) == 1 else one for one in same) + "]"
