"""What is due for a record: the fiscal decision, free of any input or output.

`FISCALIZE_WHEN`: `paid` — due when Altegio says the visit is paid in full, or says nothing about payment at all;
`always` — due as it stands; `manual` — only the payment page decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from shared.altegio import GOODS_TYPE_SALE, GoodsOperation, Record
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind
from worker.decide.money import Doubt, DoubtKind, KnownPayment, SaleMoney, add_up, find_doubt, merge
from worker.decide.operations import has_word
from worker.receipt.lines import CannotBuild
from worker.salon.policy import Policy


@dataclass(frozen=True, slots=True)
class LiveReceipt:
    """The sale that already exists for this record, whatever state it is in.

    `paid`: what it says, by kind. `returned`: what its return receipts say, issued or on their way.
    """

    total: Decimal
    is_issued: bool
    may_be_changed: bool
    paid: Mapping[PaymentKind, Decimal] = field(default_factory=dict)
    returned: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class IssueReceipt:
    """A receipt is due, paid as `payments` say. `is_assumed`: some of it only stands in for what Altegio has not told."""

    payments: dict[PaymentKind, Decimal]
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class AwaitPayment:
    reason: str


@dataclass(frozen=True, slots=True)
class Ignore:
    reason: str


@dataclass(frozen=True, slots=True)
class AlreadyReceipted:
    """The receipt that exists says the same; the delivery joins it."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReturnDue:
    """Money of a receipt was taken back, or its visit: a manager decides, unless `is_paid_back` and the salon lets it.

    `is_paid_back`: payments were told, and none is in force any more.
    """

    reason: str
    is_paid_back: bool = False


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Contradictory facts: no machine may choose between them. `code` is for filters."""

    code: str
    reason: str


# What is decided anew when a payment turns up, or goes.
TURNED_BY_PAYMENTS = ("sum_mismatch", "paid_but_deleted", "money_without_lines")

Decision = IssueReceipt | AwaitPayment | Ignore | AlreadyReceipted | ReturnDue | AskPerson


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What else is known when a record is decided.

    `paid_at_desk`: the payments were taken by staff on the payment page, which settles whether a receipt is due.
    `is_ledger`: the payments are all there are, since Altegio itself was asked for them.
    `was_paid`: an earlier word of Altegio, older than this one, said that the visit was paid in full.
    """

    paid_at_desk: bool = False
    is_ledger: bool = False
    was_paid: bool = False


def decide_record(
    record: Record,
    status: str,
    total: Decimal | CannotBuild,
    money: SaleMoney,
    live: LiveReceipt | None,
    policy: Policy,
    known: KnownFacts = KnownFacts(),
) -> Decision:
    """Decides what is due for a visit. `total`: of its lines as a receipt would show them, or why they cannot be shown."""
    is_deleted = status == "delete" or record.deleted
    if live is not None and not live.may_be_changed:
        return _decide_receipted(record, total, money, live, policy, known, is_deleted=is_deleted)
    if known.paid_at_desk:
        return _settle_at_desk(total, money, policy)
    if is_deleted:
        return _decide_deleted(money)
    if not has_marker(record.comment, policy.comment_marker):
        return Ignore(f"the comment has no marker {policy.comment_marker!r}")
    if policy.fiscalize_when == "manual":
        return AwaitPayment("receipts are issued from the payment page only")
    if not is_due(record, policy):
        return AwaitPayment("not paid in full yet")
    if isinstance(total, CannotBuild):
        return AskPerson(total.code, str(total))
    return _decide_due(record, total, money, policy, is_ledger=known.is_ledger)


def _settle_at_desk(total: Decimal | CannotBuild, money: SaleMoney, policy: Policy) -> Decision:
    if isinstance(total, CannotBuild):
        return AskPerson(total.code, str(total))
    if money.paid != total:
        return AskPerson("sum_mismatch", f"{money.paid} ₸ were taken at the desk, the visit now costs {total} ₸")
    return settle(total, money.payments, policy)


def is_due(record: Record, policy: Policy) -> bool:
    return policy.fiscalize_when == "always" or record.is_silent_on_payment or record.is_paid


def _decide_deleted(money: SaleMoney) -> Decision:
    """No receipt exists. Money that stays behind is a person's matter: it was kept, and has none."""
    if money.in_force:
        return AskPerson("paid_but_deleted", f"the record was deleted, payments of {money.in_force} ₸ are in force")
    return Ignore("the record was deleted")


def _decide_receipted(
    record: Record,
    total: Decimal | CannotBuild,
    money: SaleMoney,
    live: LiveReceipt,
    policy: Policy,
    known: KnownFacts,
    *,
    is_deleted: bool,
) -> Decision:
    """A receipt exists, or may exist. It is doubted for facts about money, a deletion, or a payment seen to be withdrawn."""
    doubt = find_doubt(live.paid, money, live.returned)
    if is_deleted:
        return _withdraw_deleted(money, doubt, known)
    if doubt is not None and doubt.kind in (DoubtKind.GONE, DoubtKind.LESS):
        return ReturnDue(doubt.reason, is_paid_back=doubt.is_paid_back)
    if doubt is not None and doubt.kind is DoubtKind.MORE:
        return AskPerson("difference", doubt.reason)
    is_unpaid = policy.fiscalize_when == "paid" and not is_due(record, policy)
    is_explained = money.was_told and not known.paid_at_desk
    if is_unpaid and known.was_paid and not is_explained:
        return ReturnDue("the record is no longer paid in full")
    return _compare_with_live(total, money, live, is_unpaid=is_unpaid)


def _withdraw_deleted(money: SaleMoney, doubt: Doubt | None, known: KnownFacts) -> ReturnDue:
    if known.paid_at_desk:
        return ReturnDue("the record was deleted, it was paid at the desk")
    is_paid_back = doubt is not None and doubt.is_paid_back
    kept = f", payments of {money.in_force} ₸ are in force" if money.in_force else ""
    return ReturnDue(f"the record was deleted{kept}", is_paid_back=is_paid_back)


def _compare_with_live(
    total: Decimal | CannotBuild, money: SaleMoney, live: LiveReceipt, *, is_unpaid: bool
) -> AlreadyReceipted | AskPerson:
    """After a return of a part the visit may say what is left, or still what it said before."""
    if total not in (live.total, live.total - live.returned):
        paid = f"paid {money.in_force} ₸" if money.was_told else f"the receipt says {live.total} ₸"
        costs = f": {total}" if isinstance(total, CannotBuild) else f"{total} ₸"
        return AskPerson("difference", f"{paid}, the visit now costs {costs}")
    if is_unpaid and money.was_told:
        return AlreadyReceipted(f"not marked as paid, but payments of {money.in_force} ₸ are in force")
    return AlreadyReceipted("the receipt of this visit is issued" if live.is_issued else "the receipt is on its way")


def _decide_due(record: Record, total: Decimal, money: SaleMoney, policy: Policy, *, is_ledger: bool) -> Decision:
    if money.given_back and money.was_told:
        return decide_given_back(money)
    if not record.services and not record.goods_transactions:
        if money.in_force:
            return AskPerson("money_without_lines", f"{money.in_force} ₸ were paid, the visit has no lines")
        return Ignore("nothing was sold")
    if total == ZERO and not money.payments:
        if _has_cost(record):
            return AwaitPayment("paid in full, but nothing is left to pay: was it a deposit or a certificate?")
        return Ignore("everything was free")
    is_paid = record.is_silent_on_payment or record.is_paid
    return settle(total, money.payments, policy, is_paid=is_paid, is_ledger=is_ledger)


def decide_given_back(money: SaleMoney) -> AwaitPayment | AskPerson:
    """Before any receipt was sent: nothing is due for what was given back, and a part is a person's matter."""
    if not money.in_force:
        return AwaitPayment("what was paid was given back")
    return AskPerson("sum_mismatch", f"{money.paid} ₸ were paid, {money.given_back} ₸ of it given back")


def _has_cost(record: Record) -> bool:
    return any(line.cost for line in (*record.services, *record.goods_transactions))


def settle(
    total: Decimal,
    payments: Sequence[KnownPayment],
    policy: Policy,
    *,
    is_paid: bool = True,
    is_ledger: bool = False,
) -> IssueReceipt | AwaitPayment | AskPerson:
    """How `total` was paid. The default kind stands in for what Altegio says was paid and has told no payment of.

    Where the ledger itself was read and has a part of the money, nothing may stand in for the rest: it was no money.
    """
    paid = add_up(payments)
    fallback = policy.default_kind or PaymentKind.CARD
    if paid > total:
        return AskPerson("sum_mismatch", f"payments add up to {paid} ₸, the lines to {total} ₸")
    if paid == total:
        return IssueReceipt(merge(payments, fallback))
    if paid and not is_paid:
        return AwaitPayment(f"payments add up to {paid} ₸ of {total} ₸")
    if paid and is_ledger:
        return AskPerson("sum_mismatch", f"Altegio has payments of {paid} ₸, the lines add up to {total} ₸")
    if policy.default_kind is None:
        known = f"{paid} ₸ of {total} ₸ are known; how was the rest paid?" if paid else "how was it paid?"
        return AwaitPayment(f"{known} Choose on the payment page")
    return IssueReceipt(merge([*payments, KnownPayment(total - paid, fallback)], fallback), is_assumed=True)


def may_turn_with_payments(decision: Decision) -> bool:
    """Whether news of a payment, still on its way, could lead to another decision."""
    match decision:
        case IssueReceipt(is_assumed=is_assumed):
            return is_assumed
        case AskPerson(code):
            return code in TURNED_BY_PAYMENTS
        case _:
            return False


def has_marker(comment: str, marker: str) -> bool:
    """The salon's private mark, as a word, in any case; without a configured mark everything passes."""
    return not marker or has_word(comment, marker)


def find_reason_to_ignore_goods(operation: GoodsOperation, policy: Policy) -> str | None:
    """Why a product line needs no receipt of its own. By `type_id`: the label is localised and was reworded before."""
    if operation.type_id != GOODS_TYPE_SALE:
        return "not a sale of goods"
    if operation.record_id:
        return f"sold inside visit {operation.record_id}, whose receipt shows it"
    if not operation.document_id:
        return "no sale document"
    if policy.fiscalize_when == "manual":
        return "receipts are issued from the payment page only"
    if not has_marker(operation.comment, policy.comment_marker):
        return f"the comment has no marker {policy.comment_marker!r}"
    return None
