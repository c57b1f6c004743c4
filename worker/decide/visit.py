"""A `record` delivery: is a receipt due for the visit, and of what?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from shared.altegio import Record
from shared.clock import almaty_date
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind, RecordState
from shared.storage.models import Checkout, Receipt
from worker.decide.delivery import Delivery
from worker.decide.known.facts import Facts, demand_facts
from worker.decide.known.patience import give_up_unknown, patience_of, refuse_older_answer
from worker.decide.known.payment_wait import seconds_to_wait
from worker.decide.known.payments import doubt_sale, load_money, take_over_ledger
from worker.decide.known.tables import KnownVisit, look_up_visit
from worker.decide.money import SaleMoney
from worker.decide.resolution import Resolution
from worker.decide.rules import (
    AlreadyReceipted,
    AskPerson,
    AwaitPayment,
    Decision,
    Ignore,
    IssueReceipt,
    KnownFacts,
    ReturnDue,
    decide_record,
    is_due,
    may_turn_with_payments,
)
from worker.decide.sales import (
    Subject,
    clear_return_due,
    describe_live,
    find_sale,
    issue_sale,
    join_sale,
    mark_return_due,
    withdraw_unsent,
)
from worker.decide.visit_page import find_checkout, moment_of, read_desk_details, show_visit
from worker.receipt.lines import CannotBuild, Line, build_draft, choose_record_lines
from worker.receipt.vat import choose_vat_rates
from worker.salon.goods_codes import name_goods
from worker.salon.serving import NoCashbox, Salon, load_salon
from worker.services import Services


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known when the decision about a visit is made. `total`: or why the lines cannot be added up.

    `record` and `status` are Altegio's own word where it was asked, else the delivery's.
    """

    services: Services
    session: Session
    row: Delivery
    facts: Facts | None
    known: KnownVisit
    record: Record
    status: str
    salon: Salon
    subject: Subject
    sale: Receipt | None
    checkout: Checkout | None
    money: SaleMoney
    lines: tuple[Line, ...]
    total: Decimal | CannotBuild


def decide_visit(services: Services, session: Session, row: Delivery, record: Record, facts: Facts | None) -> Resolution:
    """Raises NeedsFacts where Altegio has to be asked first."""
    known = look_up_visit(session, row)
    if known.newer is not None:
        return Resolution.ignored(f"superseded by delivery {known.newer}")
    case = _collect(services, session, row, record, facts, known)
    resolution = _resolve(case)
    if resolution.cashbox_id is None:
        withdraw_unsent(session, case.sale, resolution.reason)
    is_waiting = resolution.state is RecordState.RECEIVED and case.sale is None
    is_open = is_waiting or resolution.state is RecordState.AWAITING_PAYMENT
    show_visit(session, row, case.record, case.lines, case.total, is_open=is_open)
    return resolution


def _collect(
    services: Services, session: Session, row: Delivery, record: Record, facts: Facts | None, known: KnownVisit
) -> _Case:
    """Raises AnswerTooOld."""
    subject, status, money = Subject(row.company_id, record_id=row.resource_id), row.status, known.money
    salon = load_salon(session, services.settings, row.company_id)
    sale = find_sale(session, subject) if known.sales else None
    checkout = find_checkout(session, subject) if known.checkout_id else None
    if facts is not None and not facts.denied:
        refuse_older_answer(facts, row)
        take_over_ledger(session, subject, facts, salon.policy, patience=patience_of(services.settings))
        record = facts.record or record
        status = "delete" if facts.record is None or facts.record.deleted else "update"
        money = load_money(session, subject, checkout)
    loyalty = salon.policy.in_tenge(facts.loyalty) if facts else ZERO
    lines, total = _build_lines(record, money.paid, loyalty, amounts_in_tiyn=salon.policy.amounts_in_tiyn)
    return _Case(services, session, row, facts, known, record, status, salon, subject, sale, checkout, money, lines, total)


def _resolve(case: _Case) -> Resolution:
    if case.sale is None and case.checkout is None and case.known.sales:
        return _resolve_returned(case)
    decision = decide_record(
        case.record,
        case.status,
        case.total,
        case.money,
        describe_live(case.session, case.sale),
        case.salon.policy,
        KnownFacts(
            paid_at_desk=case.checkout is not None,
            is_ledger=case.facts is not None and case.facts.payments is not None,
            was_paid=_was_paid(case),
        ),
    )
    if _may_turn(case, decision):
        wait = seconds_to_wait(case.services.settings, case.session, case.subject, case.row.created_at)
        if wait > 0:
            return Resolution.waiting("payments of this visit may follow", wait)
    if _is_fiscal(decision) and (case.checkout is None or case.sale is not None):
        demand_facts(case.services.altegio, case.subject, case.facts)
    return _carry_out(case, decision)


def _resolve_returned(case: _Case) -> Resolution:
    """Its sale was returned in full. What is paid again is never receipted by itself: staff knows why it was returned."""
    is_deleted = case.record.deleted or case.status == "delete"
    is_paid = is_due(case.record, case.salon.policy) or bool(case.money.in_force)
    if is_deleted or not is_paid:
        return Resolution.ignored("the sale was returned; a new one is made on the payment page")
    return Resolution.awaiting("the sale was returned, and the visit is called paid: take the payment on the payment page")


def _was_paid(case: _Case) -> bool:
    """Whether an older word of Altegio called the visit paid. Two words of one second have no order."""
    told_at = case.known.paid_told_at
    return told_at is not None and told_at < moment_of(case.record, case.row)


def _is_fiscal(decision: Decision) -> bool:
    """Whether it makes a receipt, or doubts one."""
    return isinstance(decision, IssueReceipt | ReturnDue | AskPerson)


def _may_turn(case: _Case, decision: Decision) -> bool:
    """Whether a payment that is still on its way could change the decision."""
    if isinstance(decision, ReturnDue):
        return not case.record.deleted and case.status != "delete"
    if isinstance(decision, AskPerson) and decision.code == "paid_but_deleted":
        return True
    return case.sale is None and not case.record.is_silent_on_payment and may_turn_with_payments(decision)


def _carry_out(case: _Case, decision: Decision) -> Resolution:
    sale = case.sale
    if sale is None and _is_unheard_of(case):
        return give_up_unknown(case.services.settings, case.services.rng, case.row, "Altegio knows no such visit")
    match decision:
        case Ignore(reason):
            return Resolution.ignored(reason)
        case AwaitPayment(reason):
            return Resolution.awaiting(reason)
        case AskPerson(code, reason):
            return _ask_person(case, code, reason)
        case AlreadyReceipted(reason):
            assert sale is not None
            _reconsider_return(case, sale)
            return join_sale(case.session, sale, reason)
        case ReturnDue(reason, is_paid_back):
            assert sale is not None
            return mark_return_due(sale, reason, is_paid_back=is_paid_back)
        case IssueReceipt(kinds):
            return _issue(case, kinds)


def _ask_person(case: _Case, code: str, reason: str) -> Resolution:
    if case.sale is not None and case.money.in_force:
        case.sale.paid_back_since = None
    return Resolution.dead(code, reason, receipt_id=case.sale.id if case.sale else None)


def _is_unheard_of(case: _Case) -> bool:
    """A visit that was told of as existing, and does not."""
    asked = case.facts is not None and not case.facts.denied
    return asked and case.facts is not None and case.facts.record is None and case.row.status != "delete"


def _issue(case: _Case, kinds: Mapping[PaymentKind, Decimal]) -> Resolution:
    session, subject = case.session, case.subject
    try:
        rate_of = choose_vat_rates(case.salon.vat, _sold_on(case.record, case.row))
        cashbox = case.salon.get_cashbox()
        draft = build_draft(name_goods(session, case.salon, case.lines), kinds, rate_of)
        desk = read_desk_details(case.checkout)
        return issue_sale(session, subject, case.sale, draft, cashbox, desk, earlier=case.known.sales)
    except CannotBuild as problem:
        return Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        return Resolution.dead("no_cashbox", str(problem))


def _reconsider_return(case: _Case, sale: Receipt) -> None:
    """Paid again after it was taken back: the receipt stands, unless the payments still speak against it."""
    if sale.return_due_reason and doubt_sale(case.session, case.subject, sale, case.checkout) is None:
        clear_return_due(sale)


def _build_lines(
    record: Record, paid: Decimal, loyalty: Decimal, *, amounts_in_tiyn: bool
) -> tuple[tuple[Line, ...], Decimal | CannotBuild]:
    try:
        lines = choose_record_lines(record, paid, loyalty, amounts_in_tiyn=amounts_in_tiyn)
    except CannotBuild as problem:
        return (), problem
    return lines, sum((line.total for line in lines), ZERO)


def _sold_on(record: Record, row: Delivery) -> date:
    """The day of the visit decides the VAT rate; a body without one is as old as its arrival."""
    return almaty_date(record.date or row.changed_at or row.created_at)
