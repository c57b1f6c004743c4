"""What is due for a record: the fiscal decision, free of any input or output.

`FISCALIZE_WHEN`: `paid` — due when Altegio says the visit is paid in full, or says nothing about payment at all;
`always` — due as it stands; `manual` — only the payment page decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.altegio import GOODS_TYPE_SALE, GoodsOperation, Record
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind
from worker.decide.operations import has_word
from worker.receipt.lines import CannotBuild
from worker.salon.policy import Policy


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """Money Altegio reported for the record. `kind` is None when the account did not tell."""

    amount: Decimal
    kind: PaymentKind | None


@dataclass(frozen=True, slots=True)
class LiveReceipt:
    """The sale that already exists for this record, whatever state it is in."""

    total: Decimal
    is_issued: bool
    may_be_changed: bool


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
    """Altegio took the payment back after a receipt was issued: a manager has to decide."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Contradictory facts: no machine may choose between them. `code` is for filters."""

    code: str
    reason: str


Decision = IssueReceipt | AwaitPayment | Ignore | AlreadyReceipted | ReturnDue | AskPerson


def decide_record(
    record: Record,
    status: str,
    total: Decimal | CannotBuild,
    payments: Sequence[KnownPayment],
    live: LiveReceipt | None,
    policy: Policy,
    *,
    paid_at_desk: bool = False,
    is_ledger: bool = False,
) -> Decision:
    """`total` is the sum of the record's lines as a receipt would show them, or why they cannot be shown.

    `paid_at_desk`: the payments were taken by staff on the payment page, which settles whether a receipt is due.
    `is_ledger`: the payments are all there are, since Altegio itself was asked for them.
    """
    if paid_at_desk and (live is None or live.may_be_changed):
        return _settle_at_desk(total, payments, policy)
    withdrawn = _find_withdrawal(record, status, policy)
    if withdrawn:
        return _decide_withdrawn(withdrawn, live)
    if not has_marker(record.comment, policy.comment_marker):
        return Ignore(f"the comment has no marker {policy.comment_marker!r}")
    if live is not None and not live.may_be_changed:
        return _compare_with_live(total, live)
    if policy.fiscalize_when == "manual":
        return AwaitPayment("receipts are issued from the payment page only")
    if not is_due(record, policy):
        return AwaitPayment("not paid in full yet")
    if isinstance(total, CannotBuild):
        return AskPerson(total.code, str(total))
    return _decide_due(record, total, payments, policy, is_ledger=is_ledger)


def _settle_at_desk(total: Decimal | CannotBuild, payments: Sequence[KnownPayment], policy: Policy) -> Decision:
    if isinstance(total, CannotBuild):
        return AskPerson(total.code, str(total))
    paid = sum((payment.amount for payment in payments), ZERO)
    if paid != total:
        return AskPerson("sum_mismatch", f"{paid} ₸ were taken at the desk, the visit now costs {total} ₸")
    return settle(total, payments, policy)


def is_due(record: Record, policy: Policy) -> bool:
    return policy.fiscalize_when == "always" or record.is_silent_on_payment or record.is_paid


def _find_withdrawal(record: Record, status: str, policy: Policy) -> str | None:
    if status == "delete" or record.deleted:
        return "the record was deleted"
    if policy.fiscalize_when == "paid" and not is_due(record, policy):
        return "the record is no longer paid in full"
    return None


def _decide_withdrawn(reason: str, live: LiveReceipt | None) -> Decision:
    """A receipt that certainly never reached Webkassa needs no return: it is withdrawn with the payment."""
    if live is not None and not live.may_be_changed:
        return ReturnDue(reason)
    return Ignore(reason) if "deleted" in reason else AwaitPayment("not paid in full yet")


def _compare_with_live(total: Decimal | CannotBuild, live: LiveReceipt) -> Decision:
    if total == live.total:
        return AlreadyReceipted("the receipt of this visit is issued" if live.is_issued else "the receipt is on its way")
    return AskPerson("difference", f"the receipt says {live.total} ₸, the record now says: {total}")


def _decide_due(
    record: Record, total: Decimal, payments: Sequence[KnownPayment], policy: Policy, *, is_ledger: bool
) -> Decision:
    if not record.services and not record.goods_transactions:
        return Ignore("nothing was sold")
    if total == ZERO:
        if _has_cost(record):
            return AwaitPayment("paid in full, but nothing is left to pay: was it a deposit or a certificate?")
        return Ignore("everything was free")
    is_paid = record.is_silent_on_payment or record.is_paid
    return settle(total, payments, policy, is_paid=is_paid, is_ledger=is_ledger)


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
    paid = sum((payment.amount for payment in payments), ZERO)
    if paid > total:
        return AskPerson("sum_mismatch", f"payments add up to {paid} ₸, the lines to {total} ₸")
    if paid == total:
        return IssueReceipt(_merge(payments, policy))
    if paid and not is_paid:
        return AwaitPayment(f"payments add up to {paid} ₸ of {total} ₸")
    if paid and is_ledger:
        return AskPerson("sum_mismatch", f"Altegio has payments of {paid} ₸, the lines add up to {total} ₸")
    if policy.default_kind is None:
        known = f"{paid} ₸ of {total} ₸ are known; how was the rest paid?" if paid else "how was it paid?"
        return AwaitPayment(f"{known} Choose on the payment page")
    return IssueReceipt(_merge([*payments, KnownPayment(total - paid, policy.default_kind)], policy), is_assumed=True)


def may_turn_with_payments(decision: Decision) -> bool:
    """Whether a payment Altegio has not told of yet could lead to another decision."""
    match decision:
        case IssueReceipt(is_assumed=is_assumed):
            return is_assumed
        case AskPerson(code):
            return code == "sum_mismatch"
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Doubt:
    """`is_paid_back`: nothing of the money is left, so that nothing is to be judged."""

    reason: str
    is_paid_back: bool = False


def find_contradiction(paid: Mapping[PaymentKind, Decimal], payments: Sequence[KnownPayment]) -> Doubt | None:
    """What speaks against a receipt that says `paid`, once Altegio told of payments; `payments` are those in force now."""
    told = sum((payment.amount for payment in payments), ZERO)
    total = sum(paid.values(), ZERO)
    if told == ZERO:
        return Doubt("the payment was taken back in Altegio", is_paid_back=True)
    if told != total:
        return Doubt(f"the receipt says {total:.2f} ₸ were paid, Altegio now says {told:.2f} ₸")
    if any(payment.kind is None for payment in payments):
        return None
    kinds = _merge(payments, Policy())
    if kinds != paid:
        return Doubt(f"the receipt says {_describe(paid)}, Altegio now says {_describe(kinds)}")
    return None


def _describe(kinds: Mapping[PaymentKind, Decimal]) -> str:
    return ", ".join(f"{kind} {amount:.2f} ₸" for kind, amount in sorted(kinds.items()))


def _merge(payments: Sequence[KnownPayment], policy: Policy) -> dict[PaymentKind, Decimal]:
    """Webkassa takes each payment kind once."""
    fallback = policy.default_kind or PaymentKind.CARD
    merged: dict[PaymentKind, Decimal] = {}
    for payment in payments:
        kind = payment.kind or fallback
        merged[kind] = merged.get(kind, ZERO) + payment.amount
    return merged


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
