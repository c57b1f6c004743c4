"""Tells one delivery as a line of steps: received, decided, each attempt, issued, and what came after."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import simplejson

from api.acquire.wire.delivery import Delivery
from api.acquire.wire.masks import mask_words
from api.acquire.wire.words.labels import (
    CALLS,
    CHANGES,
    CHECKS,
    MESSAGES,
    OUTCOMES,
    RECEIPT_STATES,
    STATES,
    WRITES,
    name_resource,
    say_span,
)
from api.acquire.wire.words.reasons import explain_reason
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import CallOutcome, DeliverySource, ReceiptState, RecordState
from shared.storage.models import FiscalizationLog, Receipt, WebhookRecord

Say = Text | str | None
Show = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Body:
    """Holds a body to be opened: what it is, and its text, laid out."""

    title: Text
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """Holds one step: when, what, in which colour, further lines, bodies and links."""

    at: datetime | None
    title: Say
    tone: str = "off"
    lines: Sequence[Say] = ()
    bodies: Sequence[Body] = ()
    links: Sequence[tuple[str, Say]] = field(default=())


_ARRIVALS: Mapping[str, Text] = {
    DeliverySource.WEBHOOK: Text("Received from Altegio"),
    DeliverySource.CATCH_UP: Text("Read from Altegio by us: no message had come"),
}


def tell(delivery: Delivery, show: Show, say_words: Callable[[str | None], str | None] = mask_words) -> list[Step]:
    """Returns the steps of a delivery. `show` and `say_words` take out of bodies and texts what is not to be seen."""
    row, receipt = delivery.row, delivery.receipt
    steps = [_tell_arrival(row, show)]
    steps += [
        Step(
            replay.created_at,
            Text("Put back to work by %(who)s", who=replay.actor.removeprefix("staff:")),
            "busy",
            [replay.reason, Text("It was: %(state)s", state=STATES[replay.from_state].text)],
        )
        for replay in delivery.replays
    ]
    steps.append(_tell_decision(row, receipt, say_words))
    steps += [_tell_call(call, show, say_words) for call in delivery.calls]
    if receipt is not None:
        steps += [_tell_receipt(receipt, delivery.register), *_tell_after(delivery, say_words)]
    return steps


def lay_out(value: Any) -> str:
    """Returns JSON-like data as text with a line for each field."""
    return str(simplejson.dumps(value, use_decimal=True, ensure_ascii=False, indent=2))


def _tell_arrival(row: WebhookRecord, show: Show) -> Step:
    title = _ARRIVALS.get(row.source, Text("Made at the desk"))
    about = Text(
        "%(what)s number %(number)s: %(change)s",
        what=name_resource(row.resource),
        number=row.resource_id or "—",
        change=CHANGES.get(row.status or "", row.status or "—"),
    )
    lines: list[Say] = [about]
    if row.changed_at is not None:
        lines.append(Text("Altegio's own time of the change: %(time)s", time=row.changed_at))
    if row.emptied_at is not None:
        lines.append(Text("The message was old enough to be emptied."))
    return Step(row.created_at, title, "good", lines, _list_bodies(row, show))


def _list_bodies(row: WebhookRecord, show: Show) -> list[Body]:
    if row.body is not None:
        return [Body(Text("The message"), lay_out(show(row.body)))]
    if row.raw_body is not None:
        return [Body(Text("The message, as it came"), str(show(row.raw_body.decode("utf-8", "replace"))))]
    return []


def _tell_decision(row: WebhookRecord, receipt: Receipt | None, say_words: Callable[[str | None], str | None]) -> Step:
    label = STATES[row.state]
    lines: list[Say] = [explain_reason(say_words(row.reason)) or _say_without_reason(row, receipt)]
    if row.error_code:
        lines.append(Text("Code: %(code)s", code=row.error_code))
    if row.processed_at is not None:
        lines.append(Text("From its arrival to its end: %(span)s", span=say_span(row.processed_at - row.created_at)))
    elif row.next_attempt_at is not None and row.state != RecordState.AWAITING_PAYMENT:
        lines.append(Text("Looked at again at %(time)s", time=row.next_attempt_at))
    return Step(row.processed_at, Text("Decided: %(state)s", state=label.text), label.tone, [line for line in lines if line])


def _say_without_reason(row: WebhookRecord, receipt: Receipt | None) -> Say:
    if receipt is not None:
        return Text("The sale is paid, so a receipt was due.")
    return Text("Nobody has decided it yet.") if row.state in (RecordState.RECEIVED, RecordState.PROCESSING) else None


def _tell_call(call: FiscalizationLog, show: Show, say_words: Callable[[str | None], str | None]) -> Step:
    label = OUTCOMES[call.outcome]
    lines: list[Say] = [label.text]
    if call.finished_at is not None:
        lines.append(Text("Took %(span)s", span=say_span(call.finished_at - call.created_at)))
    if call.error_code:
        lines.append(Text("Code: %(code)s", code=call.error_code))
    lines.append(explain_reason(say_words(call.error_text)))
    bodies = [Body(Text("The request"), lay_out(show(call.request)))] if call.request else []
    if call.response is not None:
        bodies.append(Body(Text("The answer"), lay_out(show(call.response))))
    title = Text("Attempt %(count)s: %(call)s", count=call.attempt, call=CALLS.get(call.operation, call.operation))
    is_asking = call.outcome == CallOutcome.REJECTED and call.operation == "lookup"
    return Step(call.created_at, title, "off" if is_asking else label.tone, [line for line in lines if line], bodies)


def _tell_receipt(receipt: Receipt, register: str | None) -> Step:
    label = RECEIPT_STATES[receipt.state]
    lines: list[Say] = [
        Text("%(number)s for %(sum)s", number=receipt.external_check_number, sum=receipt.total),
        *_say_paid(receipt),
    ]
    if register:
        lines.append(Text("Register %(number)s", number=register))
    if receipt.fiscal_number:
        lines.append(Text("Fiscal number %(number)s", number=receipt.fiscal_number))
    if receipt.state == ReceiptState.REJECTED and receipt.error_text:
        lines.append(explain_reason(mask_words(receipt.error_text)))
    if receipt.warning:
        lines.append(mask_words(receipt.warning))
    return Step(receipt.issued_at, label.text, label.tone, lines)


def _say_paid(receipt: Receipt) -> Iterator[Text]:
    try:
        paid = read_paid(receipt.request)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return
    for kind, amount in paid.items():
        yield Text("Paid: %(kind)s, %(sum)s", kind=KIND_LABELS[kind], sum=amount)


def _tell_after(delivery: Delivery, say_words: Callable[[str | None], str | None]) -> Iterator[Step]:
    for message in delivery.messages:
        label = MESSAGES[message.state]
        title = Text("To the customer by %(channel)s: %(state)s", channel=message.channel, state=label.text)
        yield Step(message.ended_at or message.created_at, title, label.tone, [say_words(message.problem)])
    if delivery.mark is not None:
        label = WRITES[delivery.mark.state]
        title = Text("Written into the visit in Altegio: %(state)s", state=label.text)
        yield Step(delivery.mark.written_at, title, label.tone, [say_words(delivery.mark.error_text)])
    if delivery.check is not None:
        label = CHECKS[delivery.check.state]
        title = Text("The operator's page: %(state)s", state=label.text)
        yield Step(delivery.check.asked_at, title, label.tone, [say_words(delivery.check.said)])
    for returned in delivery.returns:
        label = RECEIPT_STATES[returned.state]
        title = Text("Return of %(sum)s: %(state)s", sum=returned.total, state=label.text)
        yield Step(returned.issued_at or returned.created_at, title, label.tone, [returned.external_check_number])
