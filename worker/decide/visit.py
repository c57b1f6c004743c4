"""A `record` delivery: is a receipt due for the visit, and of what?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from shared.altegio import Record
from shared.clock import almaty_date
from shared.fiscal.ledger import Cost, SaleLedger, add_up, keep_ledger
from shared.fiscal.statuses import PaymentKind, RecordState
from shared.storage.models import Checkout, Receipt
from worker.decide.delivery import Delivery
from worker.decide.known.deposits import find_deposit_kind
from worker.decide.known.facts import Facts, demand_facts
from worker.decide.known.money_rows import load_money_rows
from worker.decide.known.own_receipts import (
    Reviewed,
    blame_deletion,
    mark_doubted,
    review_own_receipts,
    settle_refused,
    withdraw_doubted,
)
from worker.decide.known.patience import give_up_unknown, patience_of, refuse_older_answer
from worker.decide.known.payment_wait import seconds_to_wait, wake_visits
from worker.decide.known.payments import take_over_ledger
from worker.decide.known.sale_money import claim_receipt, doubt_sale, gather_money
from worker.decide.known.siblings import claim_cost
from worker.decide.known.tables import KnownVisit, has_opted_out, look_up_visit
from worker.decide.part_payments import issue_parts
from worker.decide.resolution import Resolution
from worker.decide.rules import KnownFacts, LiveReceipt, decide_record, is_due, may_turn_with_payments
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
from worker.decide.settlement.decisions import (
    AlreadyReceipted,
    AskPerson,
    AwaitPayment,
    Decision,
    Ignore,
    IssueParts,
    IssueReceipt,
    ReturnDue,
)
from worker.decide.settlement.settling import find_due_at_desk
from worker.decide.settlement.taken_out import ReturnLines, find_taken_out
from worker.decide.visit_page import find_checkout, is_own_write, moment_of, read_desk_details, show_visit
from worker.receipt.lines import CannotBuild, Line, build_draft, build_sold_lines, fit_record_lines, price_record
from worker.receipt.vat import choose_vat_rates
from worker.salon.customer.addressee import address_receipt
from worker.salon.goods_codes import name_goods
from worker.salon.serving import NoCashbox, Salon, load_salon
from worker.services import Services


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known when the decision about a visit is made. `problem`: why its lines cannot be added up.

    `record` and `status` are Altegio's own word where it was asked, else the delivery's. `own`: receipts that payments of
    the visit have of their own.
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
    live: LiveReceipt | None
    checkout: Checkout | None
    ledger: SaleLedger
    problem: CannotBuild | None
    own: tuple[Reviewed, ...] = ()

    @property
    def is_deleted(self) -> bool:
        return self.record.deleted or self.status == "delete"


def decide_visit(services: Services, session: Session, row: Delivery, record: Record, facts: Facts | None) -> Resolution:
    """Raises NeedsFacts where Altegio has to be asked first."""
    known = look_up_visit(session, row, record)
    if known.newer is not None:
        return Resolution.ignored(f"superseded by delivery {known.newer}")
    case = _collect(services, session, row, record, facts, known)
    resolution = _review_own(case) or _resolve(case)
    is_awaiting = resolution.state is RecordState.AWAITING_PAYMENT
    if resolution.cashbox_id is None or is_awaiting:
        withdraw_unsent(session, case.sale, resolution.reason)
    is_waiting = resolution.state is RecordState.RECEIVED and case.sale is None
    if is_awaiting and resolution.cashbox_id is not None:
        case = _collect(services, session, row, record, None, look_up_visit(session, row, record))
    show_visit(session, row, case.record, _fit_shown(case), is_open=is_waiting or is_awaiting)
    if known.money.siblings and known.shown_by != row.id:
        # What this one is paid with may be told by now, or was taken for theirs.
        return replace(resolution, wake=wake_visits(session, row.company_id, known.money.siblings))
    return resolution


def _fit_shown(case: _Case) -> tuple[Line, ...] | CannotBuild:
    """What staff may take a payment of."""
    policy = case.salon.policy
    try:
        due = find_due_at_desk(case.ledger, policy)
        return case.problem or fit_record_lines(case.record, due, amounts_in_tiyn=policy.amounts_in_tiyn)
    except CannotBuild as problem:
        return problem


def _collect(
    services: Services, session: Session, row: Delivery, record: Record, facts: Facts | None, known: KnownVisit
) -> _Case:
    """Raises AnswerTooOld."""
    subject, status, rows = Subject(row.company_id, record_id=row.resource_id), row.status, known.money
    salon = load_salon(session, services.settings, row.company_id)
    sale = find_sale(session, subject) if known.sales else None
    checkout = find_checkout(session, subject) if known.checkout_id else None
    if facts is not None and not facts.denied:
        refuse_older_answer(facts, row)
        take_over_ledger(session, subject, facts, salon.policy, patience=patience_of(services.settings))
        record = facts.record or record
        status = "delete" if facts.record is None or facts.record.deleted else "update"
        rows = load_money_rows(session, subject, record.visit_id)
    cost, problem = _price(record, amounts_in_tiyn=salon.policy.amounts_in_tiyn)
    live = describe_live(session, sale)
    is_receipted = live is not None and not live.may_be_changed
    claim = claim_cost(row.resource_id, cost) if cost is not None else None
    if live is not None and is_receipted:
        claim = claim_receipt(subject, live.total, live.returned)
    money = gather_money(
        session,
        subject,
        rows,
        salon.policy,
        claim,
        checkout_id=known.checkout_id,
        read=facts.siblings if facts else (),
        is_read=facts is not None and facts.is_ledger_read,
    )
    receipted = (live.total, live.total - live.returned) if live is not None and is_receipted else ()
    ledger = keep_ledger(money, cost, receipted=receipted)
    own = tuple(review_own_receipts(session, subject)) if any(row.own_total for row in rows.payments) else ()
    if status == "delete" or record.deleted:
        own = tuple(blame_deletion(own))
    return _Case(
        services, session, row, facts, known, record, status, salon, subject, sale, live, checkout, ledger, problem, own
    )


def _review_own(case: _Case) -> Resolution | None:
    """Receipts of payments that went back are withdrawn or shown to a manager, before anything else is decided."""
    if withdraw_doubted(case.session, case.own):
        return Resolution.waiting("the receipt of a payment was withdrawn: decided anew", 0)
    if any(one.is_new for one in case.own):
        wait = (
            0.0
            if case.is_deleted
            else seconds_to_wait(case.services.settings, case.session, case.subject, case.row.created_at)
        )
        if wait > 0:
            return Resolution.waiting("payments of this visit may follow", wait)
        demand_facts(case.services.altegio, case.subject, case.facts)
    mark_doubted(case.own, is_deleted=case.is_deleted)
    return None


def _resolve(case: _Case) -> Resolution:
    if case.sale is None and case.checkout is None and case.known.sales:
        return _resolve_returned(case)
    decision = decide_record(case.record, case.status, case.ledger, case.live, case.salon.policy, _list_facts(case))
    # Asked before anything is waited for: Altegio may know by now what no webhook told.
    if _is_fiscal(decision) and (case.checkout is None or case.sale is not None):
        demand_facts(case.services.altegio, case.subject, case.facts)
    if _may_turn(case, decision):
        wait = seconds_to_wait(case.services.settings, case.session, case.subject, case.row.created_at)
        if wait > 0:
            return Resolution.waiting("payments of this visit may follow", wait)
    return _carry_out(case, decision)


def _list_facts(case: _Case) -> KnownFacts:
    return KnownFacts(
        paid_at_desk=case.checkout is not None,
        was_paid=_was_paid(case),
        problem=case.problem,
        deposit_kind=_find_deposit_kind(case),
    )


def _find_deposit_kind(case: _Case) -> PaymentKind | None:
    """Asked for only where a receipt has to say it."""
    client = case.record.client
    if not case.ledger.deposit or case.salon.policy.deposits != "at_spending" or client is None or client.id is None:
        return None
    return find_deposit_kind(case.session, case.row.company_id, client.id)


def _resolve_returned(case: _Case) -> Resolution:
    """Its sale was returned in full. What is paid again is never receipted by itself: staff knows why it was returned."""
    is_paid = is_due(case.record, case.salon.policy) or bool(case.ledger.in_force)
    if case.is_deleted or not is_paid or is_own_write(case.session, case.row):
        return Resolution.ignored("the sale was returned; a new one is made on the payment page")
    return Resolution.awaiting("the sale was returned, and the visit is called paid: take the payment on the payment page")


def _was_paid(case: _Case) -> bool:
    """Whether an older word of Altegio called the visit paid. Two words of one second have no order."""
    told_at = case.known.paid_told_at
    return told_at is not None and told_at < moment_of(case.record, case.row)


def _is_fiscal(decision: Decision) -> bool:
    """Whether it makes a receipt, doubts one, or leaves open what Altegio could tell."""
    is_unsure = isinstance(decision, AwaitPayment) and decision.is_unsure
    return is_unsure or isinstance(decision, IssueReceipt | IssueParts | ReturnDue | AskPerson)


def _may_turn(case: _Case, decision: Decision) -> bool:
    """Whether a payment that is still on its way could change the decision."""
    if isinstance(decision, ReturnDue):
        return not case.is_deleted
    # A difference may be one half of a change whose other half, the money, is on its way.
    if isinstance(decision, AskPerson) and decision.code in ("paid_but_deleted", "difference"):
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
            return mark_return_due(sale, reason, is_paid_back=is_paid_back, lines=_propose_return(case, sale))
        case IssueReceipt(kinds):
            return _issue(case, kinds)
        case IssueParts():
            sold_on = _sold_on(case.record, case.row)
            return issue_parts(case.session, case.subject, case.salon, case.record, decision, sold_on, case.facts)


def _propose_return(case: _Case, sale: Receipt) -> ReturnLines | None:
    """The lines that Altegio took out, where they cost what was given back. After a first return a person looks alone."""
    if case.live is None or case.live.returned or case.problem is not None:
        return None
    now = build_sold_lines(case.record, amounts_in_tiyn=case.salon.policy.amounts_in_tiyn)
    return find_taken_out(sale.request["Positions"], now, case.live.total - case.ledger.in_force)


def _ask_person(case: _Case, code: str, reason: str) -> Resolution:
    if case.sale is not None and case.ledger.in_force:
        case.sale.paid_back_since = None
    return Resolution.dead(code, reason, receipt_id=case.sale.id if case.sale else None)


def _is_unheard_of(case: _Case) -> bool:
    """A visit that was told of as existing, and does not."""
    asked = case.facts is not None and not case.facts.denied
    return asked and case.facts is not None and case.facts.record is None and case.row.status != "delete"


def _issue(case: _Case, kinds: Mapping[PaymentKind, Decimal]) -> Resolution:
    session, subject, policy = case.session, case.subject, case.salon.policy
    try:
        rate_of = choose_vat_rates(case.salon.vat, _sold_on(case.record, case.row))
        cashbox = case.salon.get_cashbox()
        lines = fit_record_lines(case.record, add_up(kinds), amounts_in_tiyn=policy.amounts_in_tiyn)
        draft = build_draft(name_goods(session, case.salon, lines), kinds, rate_of)
        if policy.part_payments == "per_payment":
            settle_refused(session, subject)
        opted_out = has_opted_out(session, subject.company_id, case.known, case.record)
        desk = read_desk_details(case.checkout)
        addressed = address_receipt(policy.receivers, case.record.client, desk, opted_out=opted_out)
        sales, cashier = case.known.sales, case.checkout.staff_user_id if case.checkout else None
        return issue_sale(session, subject, case.sale, draft, cashbox, addressed, earlier=sales, staff_user_id=cashier)
    except CannotBuild as problem:
        return Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        return Resolution.dead("no_cashbox", str(problem))


def _reconsider_return(case: _Case, sale: Receipt) -> None:
    """Paid again after it was taken back: the receipt stands, unless the payments still speak against it."""
    if not sale.return_due_reason:
        return
    if doubt_sale(case.session, case.subject, sale, case.salon.policy, case.checkout) is None:
        clear_return_due(sale)


def _price(record: Record, *, amounts_in_tiyn: bool) -> tuple[Cost | None, CannotBuild | None]:
    try:
        return price_record(record, amounts_in_tiyn=amounts_in_tiyn), None
    except CannotBuild as problem:
        return None, problem


def _sold_on(record: Record, row: Delivery) -> date:
    """The day of the visit decides the VAT rate; a body without one is as old as its arrival."""
    return almaty_date(record.date or row.changed_at or row.created_at)
