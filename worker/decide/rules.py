"""What is due for a record: the fiscal decision, free of any input or output.

`FISCALIZE_WHEN`: `paid` — due when Altegio says the visit is paid in full, or says nothing about payment at all;
`always` — due as it stands; `manual` — only the payment page decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.altegio import GOODS_TYPE_SALE, GoodsOperation, Record
from shared.fiscal.accounts import has_word
from shared.fiscal.ledger import SaleLedger
from shared.fiscal.money import ZERO
from shared.fiscal.own_words import leave_out_receipts
from shared.fiscal.statuses import PaymentKind
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
from worker.decide.settlement.doubts import Doubt, DoubtKind, find_doubt
from worker.decide.settlement.settling import decide_given_back, merge_kinds, settle, settle_parts
from worker.receipt.lines import CannotBuild
from worker.salon.policy import Policy

# What is decided anew when a payment turns up, or goes.
TURNED_BY_PAYMENTS = ("sum_mismatch", "no_money", "part_payment", "paid_but_deleted", "money_without_lines")
# What is ignored for these reasons only because no money was known.
NOTHING_SOLD, RECORD_DELETED, SALE_DELETED = "nothing was sold", "the record was deleted", "the sale was deleted"
IGNORED_WITHOUT_MONEY = (NOTHING_SOLD, RECORD_DELETED, SALE_DELETED)


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
class KnownFacts:
    """What else is known when a record is decided.

    `paid_at_desk`: the payments were taken by staff on the payment page, which settles whether a receipt is due.
    `was_paid`: an earlier word of Altegio, older than this one, said that the visit was paid in full.
    `problem`: why the lines cannot be added up. `deposit_kind`: how the client's deposits were paid, where that is known.
    """

    paid_at_desk: bool = False
    was_paid: bool = False
    problem: CannotBuild | None = None
    deposit_kind: PaymentKind | None = None


def decide_record(
    record: Record,
    status: str,
    ledger: SaleLedger,
    live: LiveReceipt | None,
    policy: Policy,
    known: KnownFacts = KnownFacts(),
) -> Decision:
    """Decides what is due for a visit."""
    is_deleted = status == "delete" or record.deleted
    if live is not None and not live.may_be_changed:
        return _decide_receipted(record, ledger, live, policy, known, is_deleted=is_deleted)
    if known.paid_at_desk:
        return _settle_at_desk(ledger, policy, known)
    if is_deleted:
        return _decide_deleted(ledger)
    if not has_marker(record.comment, policy.comment_marker):
        return Ignore(f"the comment has no marker {policy.comment_marker!r}")
    if policy.fiscalize_when == "manual":
        return AwaitPayment("receipts are issued from the payment page only")
    if not is_due(record, policy):
        return _settle_parts(ledger, policy, known)
    if known.problem is not None:
        return AskPerson(known.problem.code, str(known.problem))
    return _decide_due(record, ledger, policy, known)


def is_due(record: Record, policy: Policy) -> bool:
    return policy.fiscalize_when == "always" or record.is_silent_on_payment or record.is_paid


def _settle_parts(ledger: SaleLedger, policy: Policy, known: KnownFacts) -> Decision:
    """What was paid so far is told, and has receipts where the salon wants one for each payment."""
    if known.problem is not None and ledger.in_force and policy.part_payments == "per_payment":
        return AskPerson(known.problem.code, str(known.problem))
    return settle_parts(ledger, policy)


def _settle_at_desk(ledger: SaleLedger, policy: Policy, known: KnownFacts) -> Decision:
    """What a deposit paid may be taken at the desk: the receipt of the deposit is made by hand there."""
    if known.problem is not None:
        return AskPerson(known.problem.code, str(known.problem))
    if ledger.total_paid not in (ledger.receipt_total, ledger.receipt_total + ledger.deposit):
        costs = f"the visit now costs {ledger.receipt_total} ₸"
        return AskPerson("sum_mismatch", f"{ledger.total_paid} ₸ were taken at the desk, {costs}")
    return IssueReceipt(merge_kinds(ledger, policy))


def _decide_deleted(ledger: SaleLedger) -> Decision:
    """No receipt exists. Money that stays behind is a person's matter: it was kept, and has none."""
    if ledger.in_force:
        return AskPerson("paid_but_deleted", f"the record was deleted, payments of {ledger.in_force} ₸ are in force")
    return Ignore(RECORD_DELETED)


def _decide_receipted(
    record: Record, ledger: SaleLedger, live: LiveReceipt, policy: Policy, known: KnownFacts, *, is_deleted: bool
) -> Decision:
    """A receipt exists, or may exist. It is doubted for facts about money, a deletion, or a payment seen to be withdrawn."""
    doubt = find_doubt(live.paid, ledger, live.returned)
    if is_deleted:
        return _withdraw_deleted(ledger, doubt, known)
    if doubt is not None and doubt.kind in (DoubtKind.GONE, DoubtKind.LESS):
        return ReturnDue(doubt.reason, is_paid_back=doubt.is_paid_back)
    if doubt is not None and doubt.kind is DoubtKind.MORE:
        return AskPerson("difference", doubt.reason)
    is_unpaid = policy.fiscalize_when == "paid" and not is_due(record, policy)
    is_explained = ledger.known.was_told and not known.paid_at_desk
    if is_unpaid and known.was_paid and not is_explained:
        return ReturnDue("the record is no longer paid in full")
    return _compare_with_live(ledger, live, known.problem, is_unpaid=is_unpaid)


def _withdraw_deleted(ledger: SaleLedger, doubt: Doubt | None, known: KnownFacts) -> ReturnDue:
    if known.paid_at_desk:
        return ReturnDue("the record was deleted, it was paid at the desk")
    is_paid_back = doubt is not None and doubt.is_paid_back
    kept = f", payments of {ledger.in_force} ₸ are in force" if ledger.in_force else ""
    return ReturnDue(f"the record was deleted{kept}", is_paid_back=is_paid_back)


def _compare_with_live(
    ledger: SaleLedger, live: LiveReceipt, problem: CannotBuild | None, *, is_unpaid: bool
) -> AlreadyReceipted | AskPerson:
    """After a return of a part the visit may say what is left, or still what it said before."""
    may_say = {live.total, live.total - live.returned}
    if problem is not None or not may_say & {ledger.receipt_total, ledger.receipt_total + ledger.deposit}:
        paid = f"paid {ledger.in_force} ₸" if ledger.known.was_told else f"the receipt says {live.total} ₸"
        costs = f"{ledger.receipt_total} ₸" if problem is None else f": {problem}"
        return AskPerson("difference", f"{paid}, the visit now costs {costs}")
    if is_unpaid and ledger.known.was_told:
        return AlreadyReceipted(f"not marked as paid, but payments of {ledger.in_force} ₸ are in force")
    return AlreadyReceipted("the receipt of this visit is issued" if live.is_issued else "the receipt is on its way")


def _decide_due(record: Record, ledger: SaleLedger, policy: Policy, known: KnownFacts) -> Decision:
    is_paid = record.is_silent_on_payment or record.is_paid
    if (ledger.given_back or ledger.returned_here) and ledger.known.was_told:
        return decide_given_back(ledger)
    if not record.services and not record.goods_transactions:
        if ledger.in_force:
            return AskPerson("money_without_lines", f"{ledger.in_force} ₸ were paid, the visit has no lines")
        return Ignore(NOTHING_SOLD)
    if not ledger.cost and not ledger.covered:
        return _decide_free(record, ledger)
    if not is_paid and policy.part_payments == "per_payment" and ledger.covered:
        return settle_parts(ledger, policy)
    return settle(ledger, policy, is_paid=is_paid, deposit_kind=known.deposit_kind)


def _decide_free(record: Record, ledger: SaleLedger) -> AskPerson | AwaitPayment | Ignore:
    if not any(line.cost for line in (*record.services, *record.goods_transactions)):
        return Ignore("everything was free")
    if ledger.known.is_read:
        return AskPerson("no_money", "nothing is left to pay, and Altegio knows of no money")
    return AwaitPayment("paid in full, but nothing is left to pay: was it a deposit or a certificate?", is_unsure=True)


def may_turn_with_payments(decision: Decision) -> bool:
    """Whether news of a payment, still on its way, could lead to another decision."""
    match decision:
        case IssueReceipt(is_assumed=is_assumed):
            return is_assumed
        case IssueParts():
            return True
        case AskPerson(code):
            return code in TURNED_BY_PAYMENTS
        case _:
            return False


def has_marker(comment: str, marker: str) -> bool:
    """The salon's private mark, as a word, in any case, and not one of ours; without a configured mark everything passes."""
    return not marker or has_word(leave_out_receipts(comment), marker)


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
