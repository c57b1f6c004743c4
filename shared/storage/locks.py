"""Takes the advisory locks that both processes know, so that they mean the same thing."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("subject"), 0)))


def lock_visit(session: Session, company_id: int | None, record_id: int | None) -> None:
    """Waits for the visit's lock. Until the transaction ends, nobody else decides about it or takes a payment for it."""
    _lock(session, f"{company_id} visit {record_id}")


def lock_document(session: Session, company_id: int | None, document_id: int | None) -> None:
    """Waits for the same lock of a sale document of goods outside a visit."""
    _lock(session, f"{company_id} document {document_id}")


def _lock(session: Session, subject: str) -> None:
    session.execute(_LOCK, {"subject": subject})
