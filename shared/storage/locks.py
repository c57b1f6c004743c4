"""Takes the advisory locks that both processes know, so that they mean the same thing."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.orm import Session

_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(func.unnest(bindparam("names", type_=ARRAY(Text))), 0)))


def lock_visit(session: Session, company_id: int | None, record_id: int | None) -> None:
    """Waits for the visit's lock. Until the transaction ends, nobody else decides about it or takes a payment for it."""
    lock_sales(session, company_id, records=[record_id])


def lock_sales(
    session: Session,
    company_id: int | None,
    *,
    visits: Iterable[int | None] = (),
    records: Iterable[int | None] = (),
    documents: Iterable[int | None] = (),
) -> None:
    """Waits for the locks of sales, in one order for everybody: what Altegio joins to a visit, records, sale documents.

    Under the lock of a joint visit (`visits`, by Altegio's number) nobody else shares its payments out.
    """
    names = [
        *(f"{company_id} joint visit {number}" for number in sorted({number for number in visits if number})),
        *(f"{company_id} visit {number}" for number in sorted({number for number in records if number})),
        *(f"{company_id} document {number}" for number in sorted({number for number in documents if number})),
    ]
    if names:
        session.execute(_LOCK, {"names": names})
