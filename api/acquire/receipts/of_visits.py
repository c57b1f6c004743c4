"""Finds visits by the name or the phone of their client, for the receipts that are theirs."""

from sqlalchemy import ColumnElement, and_, func, or_

from api.acquire.receipts.search import LETTERS, PLAIN, ReceiptSearch
from shared.storage.models import Visit

_SMALL = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
# A database with the C locale knows the cases of Latin letters only.
_FROM, _TO = _SMALL.upper() + LETTERS + LETTERS.upper(), _SMALL + PLAIN + PLAIN


def match_visits(search: ReceiptSearch) -> ColumnElement[bool] | None:
    """Returns the condition that a visit is one of those; None where neither a name nor a phone was typed."""
    tail, words = search.phone_tail, search.words
    by_phone = and_(func.right(Visit.client_phone, 4) == tail[-4:], Visit.client_phone.endswith(tail)) if tail else None
    folded = func.translate(func.lower(Visit.client_name), _FROM, _TO)
    by_name = and_(*(folded.contains(word, autoescape=True) for word in words)) if words else None
    found = [condition for condition in (by_phone, by_name) if condition is not None]
    return or_(*found) if found else None
