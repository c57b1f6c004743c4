"""A `record` delivery: is a receipt due for the visit, and of what?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.orm import Session

from shared.altegio import RECORD, Record
from shared.clock import almaty_date, utc_now
from shared.models import Checkout, Receipt, WebhookRecord
from shared.money import ZERO
from shared.statuses import PaymentKind, RecordState
from worker.payments import find_doubt, load_payments, seconds_to_wait
from worker.receipt_builder import CannotBuild, Line, build_draft, build_record_lines, choose_vat_rate
from worker.resolution import Resolution
from worker.rules import (
    AlreadyReceipted,
    AskPerson,
    AwaitPayment,
    Decision,
    Ignore,
    IssueReceipt,
    ReturnDue,
    decide_record,
    may_turn_with_payments,
)
from worker.sales import (
    NoCashbox,
    Subject,
    clear_return_due,
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


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known when the decision about a visit is made. `total`: or why the lines cannot be added up."""

    services: Services
    session: Session
    row: WebhookRecord
    record: Record
    subject: Subject
    sale: Receipt | None
    checkout: Checkout | None
    lines: tuple[Line, ...]
    total: Decimal | CannotBuild


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
    resolution = _resolve(_Case(services, session, row, record, subject, sale, checkout, lines, total))
    if resolution.cashbox_id is None:
        withdraw_unsent(session, sale, resolution.reason)
    is_waiting = resolution.state is RecordState.RECEIVED and sale is None
    is_open = is_waiting or resolution.state is RecordState.AWAITING_PAYMENT
    show_visit(session, row, record, lines, total, is_open=is_open)
    return resolution


def _resolve(case: _Case) -> Resolution:
    if case.sale is None and case.checkout is None and count_sales(case.session, case.subject):
        return Resolution.ignored("the sale was returned; a new one is made on the payment page")
    decision = decide_record(
        case.record,
        str(case.row.status),
        case.total,
        load_payments(case.session, case.subject, case.checkout),
        describe_live(case.sale),
        case.services.policy,
        paid_at_desk=case.checkout is not None,
    )
    if _may_turn(case, decision):
        wait = seconds_to_wait(case.services, case.session, case.subject, case.row.created_at)
        if wait > 0:
            return Resolution.waiting("payments of this visit may follow", wait)
    return _carry_out(case, decision)


def _may_turn(case: _Case, decision: Decision) -> bool:
    """Whether a payment that is still on its way could change the decision."""
    if isinstance(decision, ReturnDue):
        return not case.record.deleted and case.row.status != "delete"
    return case.sale is None and not case.record.is_silent_on_payment and may_turn_with_payments(decision)


def _carry_out(case: _Case, decision: Decision) -> Resolution:
    sale = case.sale
    match decision:
        case Ignore(reason):
            return Resolution.ignored(reason)
        case AwaitPayment(reason):
            return Resolution.awaiting(reason)
        case AskPerson(code, reason):
            return Resolution.dead(code, reason, receipt_id=sale.id if sale else None)
        case AlreadyReceipted(reason):
            assert sale is not None
            _reconsider_return(case, sale)
            return join_sale(case.session, sale, reason)
        case ReturnDue(reason):
            assert sale is not None
            return mark_return_due(sale, reason)
        case IssueReceipt(kinds):
            return _issue(case, kinds)


def _issue(case: _Case, kinds: Mapping[PaymentKind, Decimal]) -> Resolution:
    services, session, subject = case.services, case.session, case.subject
    try:
        rate = choose_vat_rate(services.settings.webkassa_vat, _sold_on(case.record, case.row))
        cashbox = get_cashbox(session, subject.company_id, services.settings.webkassa_shop_id)
        draft = build_draft(case.lines, kinds, rate)
        return issue_sale(session, subject, case.sale, draft, cashbox, describe_counter(case.checkout))
    except CannotBuild as problem:
        return Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        return Resolution.dead("no_cashbox", str(problem))


def _reconsider_return(case: _Case, sale: Receipt) -> None:
    """Paid again after it was taken back: the receipt stands, unless the payments still speak against it."""
    if sale.return_due_reason and (case.checkout or find_doubt(case.session, case.subject, sale) is None):
        clear_return_due(sale)


def _build_lines(record: Record, services: Services) -> tuple[tuple[Line, ...], Decimal | CannotBuild]:
    try:
        lines = build_record_lines(record, amounts_in_tiyn=services.policy.amounts_in_tiyn)
    except CannotBuild as problem:
        return (), problem
    return lines, sum((line.total for line in lines), ZERO)


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
