"""Finds visits by the name or the phone of their client, for the receipts that are theirs."""

from sqlalchemy import ColumnElement, and_, or_

from api.acquire.receipts.search import ReceiptSearch
from shared.storage.models import Visit


def match_visits(search: ReceiptSearch) -> ColumnElement[bool] | None:
    """Returns the condition that a visit is one of those; None where neither a name nor a phone was typed.

    Of a visit's folded words: `t` stands behind the phone, and each word has a space before it.
    """
    by_phone = Visit.words.like(f"%{search.phone_tail}t %") if search.phone_tail else None
    by_name = and_(*(Visit.words.like(f"% {word}%") for word in search.words)) if search.words else None
    found = [condition for condition in (by_phone, by_name) if condition is not None]
    return or_(*found) if found else None
