"""A `record` delivery: is a receipt due for the visit, and of what?"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.orm import Session

from shared.altegio import RECORD, Record
from shared.clock import almaty_date, utc_now
from shared.models import Checkout, PaymentRecord, Receipt, WebhookRecord
from shared.money import ZERO
from shared.statuses import PaymentKind, PaymentState, RecordState
from worker.receipt_builder import CannotBuild, Line, build_draft, build_record_lines, choose_vat_rate
from worker.resolution import Resolution
from worker.rules import (
    AlreadyReceipted,
    AskPerson,
    AwaitPayment,
    Ignore,
    IssueReceipt,
    KnownPayment,
    ReturnDue,
    decide_record,
)
from worker.sales import (
    NoCashbox,
    Subject,
    count_sales,
    describe_live,
    find_sale,
    get_cashbox,
    issue_sale,
    join_sale,
    mark_return_due,
    withdraw_unsent,
)
from worker.services import Services
from worker.visits import describe_counter, find_checkout, show_visit

_STATUS_RANK = {"create": 0, "update": 1, "delete": 2}


def decide_visit(services: Services, session: Session, row: WebhookRecord, record: Record) -> Resolution:
    assert row.company_id is not None
    assert row.resource_id is not None
    newer = _find_newer(session, row)
    if newer is not None:
        return Resolution.ignored(f"superseded by delivery {newer}")
    subject = Subject(row.company_id, record_id=row.resource_id)
    sale = find_sale(session, subject)
    lines, total = _build_lines(record, services)
    checkout = find_checkout(session, subject)
    resolution = _resolve(services, session, row, record, subject, sale, lines, total, checkout)
    if resolution.cashbox_id is None:
        withdraw_unsent(session, sale, resolution.reason)
    show_visit(session, row, record, lines, total, is_open=resolution.state is RecordState.AWAITING_PAYMENT)
    return resolution


def _resolve(
    services: Services,
    session: Session,
    row: WebhookRecord,
    record: Record,
    subject: Subject,
    sale: Receipt | None,
    lines: tuple[Line, ...],
    total: Decimal | CannotBuild,
    checkout: Checkout | None,
) -> Resolution:
    if sale is None and checkout is None and count_sales(session, subject):
        return Resolution.ignored("the sale was returned; a new one is made on the payment page")
    payments = _load_payments(session, subject, checkout)
    decision = decide_record(
        record,
        str(row.status),
        total,
        payments,
        describe_live(sale),
        services.policy,
        paid_at_desk=checkout is not None,
    )
    match decision:
        case Ignore(reason):
            return Resolution.ignored(reason)
        case AwaitPayment(reason):
            return Resolution.awaiting(reason)
        case AskPerson(code, reason):
            return Resolution.dead(code, reason, receipt_id=sale.id if sale else None)
        case AlreadyReceipted(reason):
            assert sale is not None
            return join_sale(session, sale, reason)
        case ReturnDue(reason):
            assert sale is not None
            return mark_return_due(sale, reason)
        case IssueReceipt(kinds):
            rate = choose_vat_rate(services.settings.webkassa_vat, _sold_on(record, row))
            try:
                cashbox = get_cashbox(session, subject.company_id, services.settings.webkassa_shop_id)
                draft = build_draft(lines, kinds, rate)
                return issue_sale(session, subject, sale, draft, cashbox, describe_counter(checkout))
            except CannotBuild as problem:
                return Resolution.dead(problem.code, str(problem))
            except NoCashbox as problem:
                return Resolution.dead("no_cashbox", str(problem))


def _build_lines(record: Record, services: Services) -> tuple[tuple[Line, ...], Decimal | CannotBuild]:
    try:
        lines = build_record_lines(record, amounts_in_tiyn=services.policy.amounts_in_tiyn)
    except CannotBuild as problem:
        return (), problem
    return lines, sum((line.total for line in lines), ZERO)


def _load_payments(session: Session, subject: Subject, checkout: Checkout | None) -> list[KnownPayment]:
    """What was taken at the desk, else what Altegio knows: staff may have booked the same money there as well."""
    known = select(PaymentRecord.amount, PaymentRecord.kind).where(
        PaymentRecord.company_id == subject.company_id,
        PaymentRecord.record_id == subject.record_id,
        PaymentRecord.state == PaymentState.ACTIVE,
        PaymentRecord.checkout_id == checkout.id if checkout else PaymentRecord.checkout_id.is_(None),
    )
    return [KnownPayment(amount, PaymentKind(kind) if kind else None) for amount, kind in session.execute(known)]


def _sold_on(record: Record, row: WebhookRecord) -> date:
    """The day of the visit decides the VAT rate; a body without one is as old as its arrival."""
    moment: datetime = record.date or row.changed_at or row.created_at or utc_now()
    return almaty_date(moment)


def _find_newer(session: Session, row: WebhookRecord) -> int | None:
    """A stored delivery of the same record that speaks of a later moment: deliveries overtake each other.

    One key orders them all, so that of any number exactly one is the newest: Altegio's change time (where it is missing, the
    arrival), then a deletion before an update before a creation, then the arrival.
    """
    moment = func.coalesce(WebhookRecord.changed_at, WebhookRecord.created_at)
    rank = case(_STATUS_RANK, value=WebhookRecord.status, else_=0)
    mine = (row.changed_at or row.created_at, _STATUS_RANK.get(str(row.status), 0), row.id)
    return session.scalar(
        select(WebhookRecord.id)
        .where(
            WebhookRecord.company_id == row.company_id,
            WebhookRecord.resource == RECORD,
            WebhookRecord.resource_id == row.resource_id,
            WebhookRecord.status.in_(_STATUS_RANK),
            WebhookRecord.state != RecordState.INVALID,
            tuple_(moment, rank, WebhookRecord.id) > tuple_(*mine),
        )
        .order_by(WebhookRecord.id.desc())
        .limit(1)
    )
