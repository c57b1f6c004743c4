"""Tells what became of a receipt, step by step, in words: who paid whom, what Webkassa said, where the receipt went."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Select, String, and_, case, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from api.acquire.returns.reasons import REASON_LABELS
from api.acquire.words.advice import explain
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.fiscal.statuses import CallOutcome, PaymentKind, ReceiptKind, ReceiptState
from shared.storage.models import Checkout, CustomerMessage, FiscalizationLog, HandBack, Receipt, ReturnOrder, StaffUser
from shared.storage.models.customer.customer_message import MessageState
from shared.storage.models.desk.return_order import ReturnReason

_MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Event:
    """Describes one step. `receipt_id`: another receipt that it is about; `count`: so many of the same in a row."""

    at: datetime
    text: Text
    receipt_id: int | None = None
    count: int = 1
    until: datetime | None = None
    is_trouble: bool = False


def tell_story(session: Session, receipt: Receipt) -> list[Event]:
    """Returns the steps of a receipt, the oldest first."""
    rows = session.execute(_ask(receipt).limit(_MOST_EVENTS)).all()
    return _join_repeated([event for row in rows if (event := _TELL[row.what](row)) is not None])


def _ask(receipt: Receipt) -> Select[Any]:
    """All steps in one statement, each found by an index."""
    parts = union_all(*_list_parts(receipt)).subquery()
    return select(parts).order_by(parts.c.at, parts.c.place)


def _list_parts(receipt: Receipt) -> list[Select[Any]]:
    is_sale = receipt.kind == ReceiptKind.SALE
    parts = [_of_receipt("issued", 5, _issued_at(receipt), Receipt.id == receipt.id), _list_attempts(receipt)]
    parts += [_list_messages(receipt), _list_ticks(receipt), _list_orders(receipt)]
    if is_sale:
        parts += [_describe_beginning(receipt), *_list_later(receipt)]
    return parts


def _part(
    what: str, place: int, at: Any, *, who: Any = None, word: Any = None, more: Any = None, other: Any = None
) -> Select[Any]:
    """`place` orders steps of one moment."""
    return select(
        literal(what).label("what"),
        literal(place).label("place"),
        at.label("at"),
        (null() if who is None else who).cast(String).label("who"),
        (null() if word is None else word).cast(String).label("word"),
        (null() if more is None else more).cast(String).label("more"),
        (null() if other is None else other).cast(BigInteger).label("other"),
    )


def _of_receipt(what: str, place: int, at: Any, condition: Any, other: Any = None) -> Select[Any]:
    return _part(what, place, at, other=other).select_from(Receipt).where(condition, at.is_not(None))


def _issued_at(receipt: Receipt) -> Any:
    """Not before it was sent: Webkassa tells whole seconds, by a clock of its own."""
    log = FiscalizationLog
    sent = select(func.max(log.created_at)).where(log.receipt_id == receipt.id, log.operation == "check")
    return case((Receipt.issued_at.is_not(None), func.greatest(Receipt.issued_at, sent.scalar_subquery())))


def _describe_beginning(receipt: Receipt) -> Select[Any]:
    """What the sale was made of: a payment at the desk, another sale that said the wrong way, or Altegio's word."""
    if receipt.replaces_id is not None:
        return _of_receipt("replaces", 0, Receipt.created_at, Receipt.id == receipt.id, Receipt.replaces_id)
    if receipt.staff_user_id is None or receipt.record_id is None:
        return _of_receipt("told", 0, Receipt.created_at, Receipt.id == receipt.id)
    return (
        _part("paid", 0, Checkout.created_at, who=StaffUser.shown_name)
        .select_from(Checkout)
        .join(StaffUser, StaffUser.id == Checkout.staff_user_id)
        .where(
            Checkout.company_id == receipt.company_id,
            Checkout.record_id == receipt.record_id,
            Checkout.created_at <= receipt.created_at,
        )
        .order_by(Checkout.id.desc())
        .limit(1)
    )


def _list_attempts(receipt: Receipt) -> Select[Any]:
    log = FiscalizationLog
    word = case((log.operation == "check", log.outcome), else_=literal("asked"))
    return (
        _part("attempt", 2, log.created_at, word=word, more=log.error_code)
        .select_from(log)
        .where(log.receipt_id == receipt.id)
        .order_by(log.id)
        .limit(_MOST_EVENTS)
    )


def _list_messages(receipt: Receipt) -> Select[Any]:
    at = case((CustomerMessage.ended_at.is_not(None), CustomerMessage.ended_at), else_=CustomerMessage.created_at)
    return (
        _part("message", 6, at, word=CustomerMessage.state, more=CustomerMessage.channel)
        .select_from(CustomerMessage)
        .where(CustomerMessage.receipt_id == receipt.id)
    )


def _list_ticks(receipt: Receipt) -> Select[Any]:
    """Of this return, or of the returns of this sale."""
    made = aliased(Receipt)
    return (
        _part("handed_back", 7, HandBack.ticked_at, who=StaffUser.shown_name, word=HandBack.kind, more=HandBack.amount)
        .select_from(HandBack)
        .join(made, made.id == HandBack.return_receipt_id)
        .join(StaffUser, StaffUser.id == HandBack.ticked_by_id)
        .where(or_(made.id == receipt.id, made.basis_receipt_id == receipt.id))
    )


def _list_orders(receipt: Receipt) -> Select[Any]:
    """Of returns of this sale, or the one that made this return."""
    approver = aliased(StaffUser)
    what = case((ReturnOrder.is_correction, "corrected"), else_="ordered")
    ordered = _part(
        "ordered",
        1,
        ReturnOrder.created_at,
        who=StaffUser.shown_name,
        word=ReturnOrder.reason_code,
        more=approver.shown_name,
    )
    return (
        ordered.with_only_columns(what.label("what"), *list(ordered.selected_columns)[1:])
        .select_from(ReturnOrder)
        .outerjoin(StaffUser, StaffUser.id == ReturnOrder.staff_user_id)
        .outerjoin(approver, approver.id == ReturnOrder.approved_by_id)
        .where(or_(ReturnOrder.receipt_id == receipt.id, ReturnOrder.return_receipt_id == receipt.id))
    )


def _list_later(sale: Receipt) -> list[Select[Any]]:
    is_return = and_(Receipt.basis_receipt_id == sale.id, Receipt.state == ReceiptState.ISSUED)
    is_newer = and_(Receipt.replaces_id == sale.id, Receipt.state == ReceiptState.ISSUED)
    returned = _part("returned", 5, Receipt.issued_at, more=Receipt.total, other=Receipt.id)
    return [
        returned.select_from(Receipt).where(is_return),
        _of_receipt("replaced", 6, Receipt.issued_at, is_newer, Receipt.id),
    ]


def _join_repeated(events: Sequence[Event]) -> list[Event]:
    """An outage of an hour is one line, not sixty."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if last is not None and last.is_trouble and (last.text, last.receipt_id) == (event.text, event.receipt_id):
            joined[-1] = replace(last, count=last.count + 1, until=event.at)
        else:
            joined.append(event)
    return joined


_ATTEMPTS = {
    CallOutcome.PENDING: Text("Sent to Webkassa"),
    CallOutcome.ISSUED: Text("Sent to Webkassa"),
    CallOutcome.DUPLICATE: Text("Webkassa had it already"),
    CallOutcome.UNAVAILABLE: Text("Webkassa was away: tried again by itself"),
    CallOutcome.UNKNOWN: Text("Webkassa's answer was lost: it is asked before anything is sent again"),
}
_MESSAGES = {
    MessageState.WAITING: Text("On its way to the customer: %(channel)s"),
    MessageState.SENDING: Text("On its way to the customer: %(channel)s"),
    MessageState.HANDED_OVER: Text("Sent to the customer: %(channel)s"),
    MessageState.UNCERTAIN: Text("Perhaps sent to the customer: %(channel)s"),
    MessageState.REFUSED: Text("Not sent to the customer: %(channel)s"),
    MessageState.DROPPED: Text("Not sent, the customer wants none: %(channel)s"),
}
_CHANNELS = {"email": Text("by e-mail"), "sms": Text("by SMS"), "webhook": Text("by the salon's own messages")}
_BAD_MESSAGES = (MessageState.UNCERTAIN, MessageState.REFUSED)


def _tell_attempt(row: Any) -> Event:
    if row.word == "asked":
        return Event(row.at, Text("Webkassa was asked whether the receipt exists"), is_trouble=True)
    if row.word == CallOutcome.REJECTED:
        return Event(row.at, Text("Webkassa refused it: %(why)s", why=explain(row.more).what), is_trouble=True)
    is_trouble = row.word in (CallOutcome.UNAVAILABLE, CallOutcome.UNKNOWN)
    return Event(row.at, _ATTEMPTS[CallOutcome(row.word)], is_trouble=is_trouble)


def _tell_message(row: Any) -> Event:
    text = _MESSAGES[MessageState(row.word)]
    return Event(row.at, Text(text.msgid, channel=_CHANNELS.get(row.more, row.more)), is_trouble=row.word in _BAD_MESSAGES)


def _tell_ordered(row: Any) -> Event:
    reason = REASON_LABELS[ReturnReason(row.word)] if row.word else Text("no reason kept")
    if row.who is None:
        return Event(row.at, Text("The return was ordered by itself: Altegio took the payment back"))
    if row.more:
        said = Text(
            "Return asked for by %(name)s, approved by %(manager)s: %(why)s", name=row.who, manager=row.more, why=reason
        )
        return Event(row.at, said)
    return Event(row.at, Text("Return ordered by %(name)s: %(why)s", name=row.who, why=reason))


def _tell_corrected(row: Any) -> Event:
    if row.more:
        said = Text("Way of payment corrected by %(name)s, approved by %(manager)s", name=row.who, manager=row.more)
        return Event(row.at, said)
    return Event(row.at, Text("Way of payment corrected by %(name)s", name=row.who))


def _tell_handed_back(row: Any) -> Event:
    kind = KIND_LABELS[PaymentKind(row.word)]
    return Event(row.at, Text("Money given back by %(name)s: %(kind)s, %(sum)s", name=row.who, kind=kind, sum=_amount(row)))


def _amount(row: Any) -> Decimal:
    return Decimal(row.more)


_TELL: dict[str, Callable[[Any], Event | None]] = {
    "paid": lambda row: Event(row.at, Text("Paid, taken by %(name)s", name=row.who)),
    "told": lambda row: Event(row.at, Text("Altegio told of the payment")),
    "replaces": lambda row: Event(row.at, Text("Sold anew: the first receipt said the wrong way of payment"), row.other),
    "attempt": _tell_attempt,
    "issued": lambda row: Event(row.at, Text("The receipt is issued")),
    "message": _tell_message,
    "handed_back": _tell_handed_back,
    "ordered": _tell_ordered,
    "corrected": _tell_corrected,
    "returned": lambda row: Event(row.at, Text("Returned: %(sum)s", sum=_amount(row)), row.other),
    "replaced": lambda row: Event(row.at, Text("A new receipt says the right way of payment"), row.other),
}
