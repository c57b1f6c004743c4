"""A `goods_operations_sale` delivery: one product line. The lines of one sale document make one receipt."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.altegio import GOODS_SALE, GoodsOperation
from shared.clock import almaty_date
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import RecordState
from shared.storage.models import Receipt, WebhookRecord
from worker.decide.delivery import Delivery
from worker.decide.known.facts import Facts, demand_facts
from worker.decide.known.patience import give_up_unknown, patience_of
from worker.decide.known.payment_wait import seconds_to_wait
from worker.decide.known.payments import doubt_sale, load_money, take_over_ledger
from worker.decide.money import SaleMoney
from worker.decide.resolution import Resolution
from worker.decide.rules import (
    SALE_DELETED,
    AskPerson,
    AwaitPayment,
    IssueReceipt,
    decide_given_back,
    find_reason_to_ignore_goods,
    may_turn_with_payments,
    settle,
)
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
from worker.receipt.lines import CannotBuild, Line, build_draft, build_goods_lines, take_off
from worker.receipt.vat import choose_vat_rate
from worker.salon.policy import Policy
from worker.salon.serving import NoCashbox, Salon, load_salon
from worker.services import Services


@dataclass(frozen=True, slots=True)
class _Sale:
    """A sale document as it is known. `newest`: when its last line was told."""

    services: Services
    session: Session
    facts: Facts | None
    salon: Salon
    subject: Subject
    receipt: Receipt | None
    sold: list[GoodsOperation]
    newest: datetime
    sold_on: date


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
        return _withdraw(services, session, row, subject, receipt, facts, was_told=bool(told))
    newest = max(delivery.created_at for delivery in deliveries)
    # Altegio sends a webhook for each line; the receipt has to wait until no more come.
    wait = services.settings.goods_wait_seconds - (row.now - newest).total_seconds()
    if wait > 0:
        return Resolution.waiting("more lines of this sale may follow", wait)
    sold_on = almaty_date(_sold_at(sold[0], row))
    try:
        return _settle(_Sale(services, session, facts, salon, subject, receipt, sold, newest, sold_on))
    except CannotBuild as problem:
        return Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        return Resolution.dead("no_cashbox", str(problem))


def _confirm(told: list[GoodsOperation], facts: Facts | None) -> list[GoodsOperation]:
    """The lines Altegio itself has, where it was asked."""
    if facts is None or facts.denied:
        return told
    by_id = {operation.id: operation for operation in told}
    return [_with_hints(line, by_id.get(line.id)) for line in facts.goods or ()]


def _with_hints(line: GoodsOperation, told: GoodsOperation | None) -> GoodsOperation:
    """Codes and times that only the webhook carries; they change no sum."""
    if told is None:
        return line
    names = ("barcode", "ntin", "marks", "create_date")
    return line.model_copy(update={name: getattr(line, name) or getattr(told, name) for name in names})


def _withdraw(
    services: Services,
    session: Session,
    row: Delivery,
    subject: Subject,
    receipt: Receipt | None,
    facts: Facts | None,
    *,
    was_told: bool,
) -> Resolution:
    """`was_told`: webhooks say that something is sold, Altegio itself does not."""
    if was_told and receipt is None:
        return give_up_unknown(services.settings, services.rng, row, "Altegio knows no such sale")
    reason, money = SALE_DELETED, load_money(session, subject)
    if receipt is not None and not may_be_changed(receipt):
        demand_facts(services.altegio, subject, facts)
        doubt = doubt_sale(session, subject, receipt)
        kept = f", payments of {money.in_force} ₸ are in force" if money.in_force else ""
        return mark_return_due(receipt, f"{reason}{kept}", is_paid_back=doubt is not None and doubt.is_paid_back)
    withdraw_unsent(session, receipt, reason)
    if money.in_force:
        demand_facts(services.altegio, subject, facts)
        return Resolution.dead("paid_but_deleted", f"{reason}, payments of {money.in_force} ₸ are in force")
    return Resolution.ignored(reason if receipt is None else f"{reason}; no receipt was issued")


def _settle(sale: _Sale) -> Resolution:
    """Raises CannotBuild, NoCashbox, NeedsFacts."""
    session, subject, policy, facts = sale.session, sale.subject, sale.salon.policy, sale.facts
    money = load_money(session, subject)
    lines = _build_lines(sale, money.paid)
    total = sum((line.total for line in lines), ZERO)
    if total == ZERO:
        return Resolution.ignored("everything was free")
    if sale.receipt is not None and not may_be_changed(sale.receipt):
        return _compare(sale, sale.receipt, total)
    decision = _decide(total, money, policy, is_ledger=facts is not None and facts.payments is not None)
    if sale.receipt is None and may_turn_with_payments(decision):
        wait = seconds_to_wait(sale.services.settings, session, subject, sale.newest)
        if wait > 0:
            return Resolution.waiting("payments of this sale may follow", wait)
    match decision:
        case IssueReceipt(kinds):
            demand_facts(sale.services.altegio, subject, facts)
            draft = build_draft(lines, kinds, choose_vat_rate(sale.salon.vat, sale.sold_on))
            earlier = count_sales(session, subject)
            return issue_sale(session, subject, sale.receipt, draft, sale.salon.get_cashbox(), earlier=earlier)
        case AskPerson(code, reason):
            demand_facts(sale.services.altegio, subject, facts)
            return Resolution.dead(code, reason)
        case AwaitPayment(reason):
            return Resolution.awaiting(reason)


def _decide(total: Decimal, money: SaleMoney, policy: Policy, *, is_ledger: bool) -> IssueReceipt | AwaitPayment | AskPerson:
    if money.given_back and money.was_told:
        return decide_given_back(money)
    return settle(total, money.payments, policy, is_ledger=is_ledger)


def _build_lines(sale: _Sale, paid: Decimal) -> tuple[Line, ...]:
    """Raises CannotBuild."""
    lines = build_goods_lines(sale.sold, amounts_in_tiyn=sale.salon.policy.amounts_in_tiyn)
    loyalty = sale.salon.policy.in_tenge(sale.facts.loyalty) if sale.facts else ZERO
    total = sum((line.total for line in lines), ZERO)
    return take_off(lines, loyalty) if loyalty and total - loyalty == paid else lines


def _compare(sale: _Sale, receipt: Receipt, total: Decimal) -> Resolution:
    if total in (receipt.total, receipt.total - sum_returned(sale.session, receipt.id)):
        return join_sale(sale.session, receipt, "the receipt of this sale exists")
    demand_facts(sale.services.altegio, sale.subject, sale.facts)
    money = load_money(sale.session, sale.subject)
    paid = f"paid {money.in_force} ₸" if money.was_told else f"the receipt says {receipt.total} ₸"
    reason = f"{paid}, the sale now costs {total} ₸"
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
    """The lines that are still sold, by the newest word on each."""
    lines: dict[int, GoodsOperation | None] = {}
    for delivery in deliveries:
        operation = GoodsOperation.model_validate((delivery.body or {}).get("data"))
        if find_reason_to_ignore_goods(operation, policy) is None:
            is_deleted = delivery.status == "delete" or operation.deleted
            lines[delivery.resource_id or 0] = None if is_deleted else operation
    return [line for line in lines.values() if line is not None]


def _sold_at(operation: GoodsOperation, row: Delivery) -> datetime:
    return operation.create_date or row.changed_at or row.created_at
