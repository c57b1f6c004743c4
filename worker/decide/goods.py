"""A `goods_operations_sale` delivery: one line of what was sold without a visit. Those of one document make one receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.altegio import GOODS_SALE, GoodsOperation
from shared.clock import almaty_date
from shared.fiscal.ledger import Cost, SaleLedger, add_up, keep_ledger
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind, RecordState
from shared.storage.models import Receipt, WebhookRecord
from worker.decide.delivery import Delivery
from worker.decide.known.facts import Facts, demand_facts
from worker.decide.known.patience import give_up_unknown, patience_of
from worker.decide.known.payment_wait import seconds_to_wait, tells_payments, wake_payments, wake_untaxed
from worker.decide.known.payments import take_over_ledger
from worker.decide.known.sale_money import doubt_sale, load_money
from worker.decide.resolution import Resolution
from worker.decide.rules import SALE_DELETED, find_reason_to_ignore_goods, may_turn_with_payments
from worker.decide.sales import (
    Subject,
    count_sales,
    find_sale,
    issue_sale,
    join_sale,
    mark_return_due,
    may_be_changed,
    sum_returned,
    withdraw_unsent,
)
from worker.decide.settlement.decisions import AskPerson, AwaitPayment, Ignore, IssueReceipt, Settlement
from worker.decide.settlement.doubts import DoubtKind
from worker.decide.settlement.settling import decide_given_back, settle
from worker.decide.settlement.taken_out import find_taken_out
from worker.decide.store_missed import SOURCE, store_missed_goods
from worker.receipt.lines import CannotBuild, Line, build_draft, build_goods_lines, fit_lines
from worker.receipt.vat import choose_vat_rates
from worker.salon.customer.addressee import address_receipt
from worker.salon.customer.clients import is_opted_out
from worker.salon.goods_codes import name_goods
from worker.salon.policy import Policy
from worker.salon.serving import NoCashbox, Salon, load_salon
from worker.services import Services

# What the webhook of a line tells and the document does not.
_HINTS = (
    "barcode",
    "ntin",
    "marks",
    "create_date",
    "loyalty_abonement_id",
    "loyalty_certificate_id",
    "is_advance",
    "client",
)


@dataclass(frozen=True, slots=True)
class _Sale:
    """A sale document as it is known.

    `newest`: when its last line was told; `line_wait`: for how many seconds more may follow; `heard`: the lines that any
    word told of.
    """

    services: Services
    session: Session
    facts: Facts | None
    salon: Salon
    subject: Subject
    receipt: Receipt | None
    sold: list[GoodsOperation]
    heard: frozenset[int | None]
    newest: datetime
    line_wait: float
    sold_on: date

    @property
    def is_advance(self) -> bool:
        """Whether it is money put on a client's account."""
        return all(line.is_advance for line in self.sold)


def decide_goods(
    services: Services, session: Session, row: Delivery, operation: GoodsOperation, facts: Facts | None
) -> Resolution:
    """Raises NeedsFacts where Altegio has to be asked first."""
    salon = load_salon(session, services.settings, row.company_id)
    reason = find_reason_to_ignore_goods(operation, salon.policy)
    if reason:
        return Resolution.ignored(reason)
    subject = Subject(row.company_id, document_id=operation.document_id)
    receipt = find_sale(session, subject)
    deliveries = _load_deliveries(session, subject)
    if any(delivery.emptied_at for delivery in deliveries):
        reason = "the sale was changed when its earlier webhooks were kept no longer: compare it with its receipt"
        return Resolution.dead("difference", reason, receipt_id=receipt.id if receipt else None)
    told = _find_sold(deliveries, salon.policy)
    if facts is not None:
        take_over_ledger(session, subject, facts, salon.policy, patience=patience_of(services.settings))
    sold = _confirm(told, facts)
    if not sold:
        return _withdraw(services, session, row, subject, receipt, facts, salon.policy, was_told=bool(told))
    newest = max(delivery.created_at for delivery in deliveries)
    # Altegio sends a webhook for each line; the receipt has to wait until no more come.
    wait = services.settings.goods_wait_seconds - (row.now - newest).total_seconds()
    if wait > 0 and receipt is None:
        # Its document has all of them at once, and says whether they are paid.
        demand_facts(services.altegio, subject, facts)
    if wait > 0 and (receipt is not None or facts is None or facts.goods is None):
        return _await_lines(wait)
    sold_on, heard = almaty_date(_sold_at(sold[0], row)), frozenset(delivery.resource_id for delivery in deliveries)
    try:
        settled = _settle(_Sale(services, session, facts, salon, subject, receipt, sold, heard, newest, wait, sold_on))
    except CannotBuild as problem:
        settled = Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        settled = Resolution.dead("no_cashbox", str(problem))
    if settled.state is RecordState.RECEIVED:
        return settled
    # A payment for which a person was asked what it sold is settled by that.
    woken = wake_untaxed(session, subject) if settled.receipt_id is not None else ()
    return replace(settled, wake=(*settled.wake, *wake_payments(session, subject), *woken))


def _confirm(told: list[GoodsOperation], facts: Facts | None) -> list[GoodsOperation]:
    """The lines Altegio itself has, where it was asked."""
    if facts is None or facts.denied:
        return told
    by_id = {operation.id: operation for operation in told}
    return [_with_hints(line, by_id.get(line.id)) for line in facts.goods or ()]


def _with_hints(line: GoodsOperation, told: GoodsOperation | None) -> GoodsOperation:
    """Ids, codes and times that only the webhook carries; they change no sum."""
    if told is None:
        return line
    # A document may name the product and not tell its id.
    good = line.good if line.good and line.good.id else told.good or line.good
    return line.model_copy(update={"good": good} | {name: getattr(line, name) or getattr(told, name) for name in _HINTS})


def _withdraw(
    services: Services,
    session: Session,
    row: Delivery,
    subject: Subject,
    receipt: Receipt | None,
    facts: Facts | None,
    policy: Policy,
    *,
    was_told: bool,
) -> Resolution:
    """`was_told`: webhooks say that something is sold, Altegio itself does not."""
    if was_told and receipt is None:
        return give_up_unknown(services.settings, services.rng, row, "Altegio knows no such sale")
    reason, in_force = SALE_DELETED, keep_ledger(load_money(session, subject, policy)).in_force
    if receipt is not None and not may_be_changed(receipt):
        demand_facts(services.altegio, subject, facts)
        doubt = doubt_sale(session, subject, receipt, policy)
        kept = f", payments of {in_force} ₸ are in force" if in_force else ""
        return mark_return_due(receipt, f"{reason}{kept}", is_paid_back=doubt is not None and doubt.is_paid_back)
    withdraw_unsent(session, receipt, reason)
    if in_force:
        demand_facts(services.altegio, subject, facts)
        return Resolution.dead("paid_but_deleted", f"{reason}, payments of {in_force} ₸ are in force")
    return Resolution.ignored(reason if receipt is None else f"{reason}; no receipt was issued")


def _settle(sale: _Sale) -> Resolution:
    """Raises CannotBuild, NoCashbox, NeedsFacts."""
    session, subject, policy, facts = sale.session, sale.subject, sale.salon.policy, sale.facts
    lines = build_goods_lines(
        sale.sold, amounts_in_tiyn=policy.amounts_in_tiyn, certificates_as_services=policy.certificates_as_services
    )
    total = sum((line.total for line in lines), ZERO)
    if total == ZERO:
        return Resolution.ignored("everything was free")
    ledger = _keep_ledger(sale, total)
    if sale.receipt is not None and not may_be_changed(sale.receipt):
        return _compare(sale, sale.receipt, ledger, lines)
    decision = _decide(sale, ledger)
    if sale.receipt is None and may_turn_with_payments(decision):
        demand_facts(sale.services.altegio, subject, facts)
        wait = seconds_to_wait(sale.services.settings, session, subject, sale.newest)
        if wait > 0:
            return Resolution.waiting("payments of this sale may follow", wait)
    if sale.line_wait > 0 and not _is_paid(decision):
        return _await_lines(sale.line_wait)
    match decision:
        case IssueReceipt(kinds):
            demand_facts(sale.services.altegio, subject, facts)
            return _issue(sale, fit_lines(lines, add_up(kinds)), kinds)
        case AskPerson(code, reason):
            demand_facts(sale.services.altegio, subject, facts)
            withdraw_unsent(session, sale.receipt, reason)
            return replace(Resolution.dead(code, reason), wake=_store_unheard(sale))
        case AwaitPayment(reason):
            return Resolution.awaiting(reason)
        case Ignore(reason):
            withdraw_unsent(session, sale.receipt, reason)
            return Resolution.ignored(reason)


def _await_lines(seconds: float) -> Resolution:
    return Resolution.waiting("more lines of this sale may follow", seconds)


def _is_paid(decision: Settlement) -> bool:
    """Whether what was told to be paid is what the lines cost, so that none is missing."""
    return isinstance(decision, IssueReceipt) and not decision.is_assumed


def _store_unheard(sale: _Sale) -> tuple[int, ...]:
    """Stores lines that Altegio has and no webhook told: without a receipt nothing else shows them to the books."""
    return tuple(store_missed_goods(sale.session, sale.subject, [one for one in sale.sold if one.id not in sale.heard]))


def _keep_ledger(sale: _Sale, total: Decimal) -> SaleLedger:
    known = load_money(sale.session, sale.subject, sale.salon.policy, is_of_advance=sale.is_advance)
    if sale.facts is not None and sale.facts.is_ledger_read:
        known = replace(known, is_read=True)
    return keep_ledger(known, Cost(total, total))


def _decide(sale: _Sale, ledger: SaleLedger) -> Settlement:
    """No webhook says that a sale document is paid: where a salon's payments are told, one without any is no sale for money.

    Staff may have taken goods on their wages.
    """
    if ledger.given_back and ledger.known.was_told:
        return decide_given_back(ledger)
    if sale.is_advance and not ledger.in_force:
        return Ignore("the top-up was taken back")
    decision = settle(ledger, sale.salon.policy)
    is_assumed = isinstance(decision, IssueReceipt) and decision.is_assumed
    if is_assumed and tells_payments(sale.session, sale.subject.company_id):
        return AskPerson("no_money", f"{ledger.cost} ₸ are due and no payment of this sale was told")
    return decision


def _issue(sale: _Sale, lines: tuple[Line, ...], kinds: Mapping[PaymentKind, Decimal]) -> Resolution:
    """Raises CannotBuild, NoCashbox."""
    session, subject = sale.session, sale.subject
    # Money put on an account is no turnover yet: its tax is due on the day of the service.
    rate_of = (lambda _: None) if sale.is_advance else choose_vat_rates(sale.salon.vat, sale.sold_on)
    draft = build_draft(name_goods(session, sale.salon, lines), kinds, rate_of)
    earlier, cashbox = count_sales(session, subject), sale.salon.get_cashbox()
    client = next((line.client for line in sale.sold if line.client), None)
    opted_out = is_opted_out(session, subject.company_id, client.id if client else None)
    addressed = address_receipt(sale.salon.policy.receivers, client, opted_out=opted_out)
    return issue_sale(
        session, subject, sale.receipt, draft, cashbox, addressed, earlier=earlier, is_of_advance=sale.is_advance
    )


def _compare(sale: _Sale, receipt: Receipt, ledger: SaleLedger, lines: tuple[Line, ...]) -> Resolution:
    """Lines that were taken out and whose money went back are one item: a return, with these lines proposed."""
    session, returned = sale.session, sum_returned(sale.session, receipt.id)
    if ledger.receipt_total in (receipt.total, receipt.total - returned):
        return join_sale(session, receipt, "the receipt of this sale exists")
    wait = seconds_to_wait(sale.services.settings, session, sale.subject, sale.newest)
    if wait > 0:
        return Resolution.waiting("payments of this sale may follow", wait)
    demand_facts(sale.services.altegio, sale.subject, sale.facts)
    doubt = doubt_sale(session, sale.subject, receipt, sale.salon.policy)
    if doubt is not None and doubt.kind in (DoubtKind.GONE, DoubtKind.LESS):
        missing = receipt.total - ledger.in_force
        taken_out = None if returned else find_taken_out(receipt.request["Positions"], lines, missing)
        return mark_return_due(receipt, doubt.reason, is_paid_back=doubt.is_paid_back, lines=taken_out)
    paid = f"paid {ledger.in_force} ₸" if ledger.known.was_told else f"the receipt says {receipt.total} ₸"
    reason = f"{paid}, the sale now costs {ledger.receipt_total} ₸"
    return Resolution.dead("difference", reason, receipt_id=receipt.id)


def _load_deliveries(session: Session, subject: Subject) -> list[WebhookRecord]:
    """Every delivery about the document, in the order of Altegio's changes."""
    stored = (
        select(WebhookRecord)
        .where(
            WebhookRecord.company_id == subject.company_id,
            WebhookRecord.document_id == subject.document_id,
            WebhookRecord.resource == GOODS_SALE,
            WebhookRecord.state != RecordState.INVALID,
        )
        .order_by(func.coalesce(WebhookRecord.changed_at, WebhookRecord.created_at), WebhookRecord.id)
    )
    return list(session.scalars(stored))


def _find_sold(deliveries: list[WebhookRecord], policy: Policy) -> list[GoodsOperation]:
    """The lines that are still sold, by the newest word on each; what was read does not take away what a webhook told."""
    lines: dict[int, GoodsOperation | None] = {}
    for delivery in deliveries:
        operation = GoodsOperation.model_validate((delivery.body or {}).get("data"))
        if find_reason_to_ignore_goods(operation, policy) is None:
            number, is_deleted = delivery.resource_id or 0, delivery.status == "delete" or operation.deleted
            if delivery.source == SOURCE:
                operation = _with_hints(operation, lines.get(number))
            lines[number] = None if is_deleted else operation
    return [line for line in lines.values() if line is not None]


def _sold_at(operation: GoodsOperation, row: Delivery) -> datetime:
    return operation.create_date or row.changed_at or row.created_at
