"""A receipt for each payment of a visit that is not paid in full: the salon's choice `PART_PAYMENTS=each`."""

from datetime import date

from sqlalchemy.orm import Session

from shared.altegio import Record
from shared.fiscal.ledger import Movement
from shared.fiscal.statuses import PaymentKind, RecordState
from worker.decide.known.facts import Facts
from worker.decide.known.own_receipts import find_own_receipt, hand_over
from worker.decide.resolution import Resolution
from worker.decide.sales import Subject, issue_sale
from worker.decide.settlement.decisions import IssueParts
from worker.receipt.lines import CannotBuild, ReceiptDraft, build_draft, build_prepaid_lines
from worker.receipt.vat import choose_vat_rates
from worker.salon.customer.addressee import address_receipt
from worker.salon.customer.clients import is_opted_out
from worker.salon.serving import NoCashbox, Salon


def issue_parts(
    session: Session,
    subject: Subject,
    salon: Salon,
    record: Record,
    parts: IssueParts,
    sold_on: date,
    facts: Facts | None,
) -> Resolution:
    """Makes a receipt due for each of the payments; the visit goes on waiting for the rest.

    Deliveries of the payments wait for their receipts: the visit's own is needed for the rest.
    """
    try:
        cashbox = salon.get_cashbox()
        drafts = [(part, _build(salon, record, part, sold_on)) for part in parts.payments]
    except CannotBuild as problem:
        return Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        return Resolution.dead("no_cashbox", str(problem))
    opted_out = is_opted_out(session, subject.company_id, record.client.id if record.client else None)
    addressed = address_receipt(salon.policy.receivers, record.client, opted_out=opted_out)
    for part, draft in drafts:
        assert part.operation_id is not None
        refused = find_own_receipt(session, subject.company_id, part.operation_id)
        made = issue_sale(session, subject, refused, draft, cashbox, addressed, operation_id=part.operation_id)
        hand_over(session, subject, part.operation_id, facts, made)
    return Resolution(RecordState.AWAITING_PAYMENT, parts.reason, cashbox_id=cashbox.id)


def _build(salon: Salon, record: Record, part: Movement, sold_on: date) -> ReceiptDraft:
    """Before the day of the service the money is no turnover, so it has no VAT yet; from then on it has that day's rate.

    Raises CannotBuild.
    """
    is_before = part.day is not None and part.day < sold_on
    rate_of = (lambda _: None) if is_before else choose_vat_rates(salon.vat, sold_on)
    policy = salon.policy
    rates = build_prepaid_lines(record, part.amount, rate_of, amounts_in_tiyn=policy.amounts_in_tiyn)
    kind = PaymentKind(part.use) if part.use else policy.default_kind or PaymentKind.CARD
    return build_draft(tuple(rates), {kind: part.amount}, rates.__getitem__)
