"""Whether a sale's money is gone, by what Altegio says at this moment: the only ground for a return that nobody ordered."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.storage.locks import lock_sales
from shared.storage.models import Receipt, Visit
from worker.decide.known.facts import Facts
from worker.decide.known.own_receipts import doubt_own_receipt
from worker.decide.known.patience import patience_of
from worker.decide.known.payments import take_over_ledger
from worker.decide.known.sale_money import doubt_sale
from worker.decide.sales import Subject
from worker.salon.policy import Policy


def lock_subject(session: Session, subject: Subject) -> None:
    """Lets one transaction at a time decide about a sale."""
    joint = select(Visit.visit_id).where(Visit.company_id == subject.company_id, Visit.record_id == subject.record_id)
    visit_id = session.scalar(joint) if subject.is_visit else None
    lock_sales(session, subject.company_id, visits=[visit_id], records=[subject.record_id], documents=[subject.document_id])


def find_kept(
    session: Session,
    settings: Settings,
    subject: Subject,
    receipt: Receipt,
    facts: Facts,
    policy: Policy,
    *,
    return_id: int | None = None,
) -> str | None:
    """Says why the money of a receipt may still be there; None where payments were told and none is in force.

    Call it under the lock of the subject, with facts just read. `return_id`: the return that waits to be sent for it.
    Raises AnswerTooOld.
    """
    if facts.denied or facts.payments is None:
        return "Altegio's ledger cannot be read"
    take_over_ledger(session, subject, facts, policy, patience=patience_of(settings))
    record = facts.record
    if record is not None and not record.deleted and record.is_paid:
        return "Altegio calls the visit paid in full"
    if receipt.operation_id is not None:
        doubt = doubt_own_receipt(session, subject, receipt, without=return_id)
    else:
        doubt = doubt_sale(session, subject, receipt, policy, without=return_id)
    if doubt is None:
        return "Altegio's payments agree with the receipt"
    return None if doubt.is_paid_back else doubt.reason
