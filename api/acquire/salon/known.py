"""Finds the salons that the service has heard of, from index to index: rows may be many, salons are few."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.storage.models import Cashbox

_SOLD_GOODS = "kind = 'sale' AND document_id IS NOT NULL AND state <> 'rejected' AND NOT returned"


def _walk(name: str, table: str, condition: str) -> str:
    """One look-up a salon, in the index that begins with the salon's number."""
    first = f"SELECT company_id FROM {table} WHERE {condition}"  # noqa: S608 -- the words are of this file
    following = f"{first} AND company_id > {name}.company_id ORDER BY company_id LIMIT 1"
    return (
        f"{name} AS (({first} ORDER BY company_id LIMIT 1) UNION ALL"  # noqa: S608
        f" SELECT following.company_id FROM {name}, LATERAL ({following}) AS following)"
    )


_WALKS = (
    _walk("visited", "visits", "true"),
    _walk("paid", "payment_records", "true"),
    _walk("sold", "receipts", _SOLD_GOODS),
)
_KNOWN = text(
    f"WITH RECURSIVE {', '.join(_WALKS)} SELECT company_id FROM visited UNION SELECT company_id FROM paid"  # noqa: S608
    " UNION SELECT company_id FROM sold UNION SELECT company_id FROM cashboxes WHERE company_id IS NOT NULL"
)


def find_known_salons(session: Session) -> frozenset[int]:
    """Returns the salons that have a cashbox, a visit, a payment or sold goods here."""
    return frozenset(session.scalars(_KNOWN))


def find_salons_of(session: Session, cashbox: Cashbox) -> frozenset[int]:
    """Returns the salons whose money goes through a cashbox: its own, or all that have none of their own."""
    if cashbox.company_id is not None:
        return frozenset((cashbox.company_id,))
    own = session.scalars(select(Cashbox.company_id).where(Cashbox.enabled, Cashbox.company_id.is_not(None)))
    return find_known_salons(session) - set(own)


def find_company(session: Session, cashbox: Cashbox) -> int | None:
    """Returns the salon of a cashbox; None for one that several share."""
    salons = find_salons_of(session, cashbox)
    return next(iter(salons)) if len(salons) == 1 else None
