"""Names states, calls and outcomes of the wire for people, each with its colour and icon. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from api.acquire.words.text import Text
from shared.altegio import FINANCES, GOODS_SALE, RECORD
from shared.fiscal.statuses import CallOutcome, ReceiptState, RecordState
from shared.replay import Outcome
from shared.storage.models.customer.customer_message import MessageState
from shared.storage.models.wire.replay_item import Foretold
from shared.storage.models.wire.replay_run import RunState
from shared.storage.models.write_back.states import CheckState, WriteState


@dataclass(frozen=True, slots=True)
class Label:
    """Says a state: `tone` is its colour (`good`, `bad`, `wait`, `busy`, `off`), and the name of its icon."""

    text: Text
    tone: str


STATES: Mapping[str, Label] = {
    RecordState.RECEIVED: Label(Text("Received"), "busy"),
    RecordState.PROCESSING: Label(Text("Being worked on"), "busy"),
    RecordState.PROCESSED: Label(Text("Done"), "good"),
    RecordState.IGNORED: Label(Text("Nothing to do"), "off"),
    RecordState.AWAITING_PAYMENT: Label(Text("Awaits payment"), "wait"),
    RecordState.RETRYING: Label(Text("Tried again"), "busy"),
    RecordState.DEAD_LETTERED: Label(Text("Needs a person"), "bad"),
    RecordState.INVALID: Label(Text("Not readable"), "bad"),
}
RECEIPT_STATES: Mapping[str, Label] = {
    ReceiptState.PENDING: Label(Text("The receipt waits to be sent"), "busy"),
    ReceiptState.ISSUED: Label(Text("The receipt is issued"), "good"),
    ReceiptState.UNKNOWN: Label(Text("Webkassa is asked what became of the receipt"), "wait"),
    ReceiptState.REJECTED: Label(Text("The receipt was refused or withdrawn"), "bad"),
}
OUTCOMES: Mapping[str, Label] = {
    CallOutcome.PENDING: Label(Text("no answer yet"), "busy"),
    CallOutcome.ISSUED: Label(Text("answered"), "good"),
    CallOutcome.DUPLICATE: Label(Text("it existed already"), "good"),
    CallOutcome.UNAVAILABLE: Label(Text("not reached"), "wait"),
    CallOutcome.REJECTED: Label(Text("refused"), "bad"),
    CallOutcome.UNKNOWN: Label(Text("the answer was lost"), "wait"),
}
CALLS: Mapping[str, Text] = {
    "check": Text("The receipt is sent"),
    "lookup": Text("Webkassa is asked for the receipt"),
    "z_report": Text("Z-report"),
    "x_report": Text("X-report"),
    "client_info": Text("The register is asked about itself"),
    "money_operation": Text("Cash is put in or taken out"),
    "check_history": Text("The list of receipts is asked for"),
    "print_format": Text("The lines to print are asked for"),
}
RESOURCES: Mapping[str, Text] = {
    RECORD: Text("Visit"),
    GOODS_SALE: Text("Sale of goods"),
    FINANCES: Text("Payment"),
}
CHANGES: Mapping[str, Text] = {
    "create": Text("made"),
    "update": Text("changed"),
    "delete": Text("deleted"),
}
MESSAGES: Mapping[str, Label] = {
    MessageState.WAITING: Label(Text("waits"), "busy"),
    MessageState.SENDING: Label(Text("is sent"), "busy"),
    MessageState.HANDED_OVER: Label(Text("handed over"), "good"),
    MessageState.UNCERTAIN: Label(Text("whether it was taken is unknown"), "wait"),
    MessageState.REFUSED: Label(Text("refused"), "bad"),
    MessageState.DROPPED: Label(Text("not sent"), "off"),
}
WRITES: Mapping[str, Label] = {
    WriteState.OPEN: Label(Text("waits"), "busy"),
    WriteState.WRITTEN: Label(Text("written"), "good"),
    WriteState.DONE: Label(Text("written"), "good"),
    WriteState.GIVEN_UP: Label(Text("given up"), "bad"),
}
CHECKS: Mapping[str, Label] = {
    CheckState.OPEN: Label(Text("waits"), "busy"),
    CheckState.CONFIRMED: Label(Text("confirmed"), "good"),
    CheckState.DIFFERS: Label(Text("says something else"), "bad"),
    CheckState.UNKNOWN: Label(Text("does not know it"), "bad"),
    CheckState.MUTE: Label(Text("says nothing readable"), "off"),
}
FORETOLD: Mapping[str, Label] = {
    Foretold.ISSUE: Label(Text("A receipt will be sent"), "good"),
    Foretold.ASK_FIRST: Label(Text("Webkassa is asked first, and it is sent only if it does not exist"), "wait"),
    Foretold.SETTLED: Label(Text("Is there already, nothing will change"), "off"),
    Foretold.RETURN_DUE: Label(Text("A manager will be asked to make a return"), "wait"),
    Foretold.AWAITING: Label(Text("Will await payment"), "wait"),
    Foretold.IGNORED: Label(Text("Nothing will be done"), "off"),
    Foretold.PERSON: Label(Text("Will need a person again"), "bad"),
    Foretold.WAITING: Label(Text("Will be tried and wait"), "busy"),
    Foretold.NOT_POSSIBLE: Label(Text("Cannot be replayed"), "off"),
    Foretold.UNCLEAR: Label(Text("Could not be found out"), "bad"),
}
REPLAYED: Mapping[str, Label] = {
    Outcome.REPLAYED.name.lower(): Label(Text("put back to work"), "good"),
    Outcome.ALREADY_ISSUED.name.lower(): Label(Text("was there already"), "off"),
    Outcome.NOT_FOUND.name.lower(): Label(Text("not found"), "bad"),
    Outcome.NOT_QUEUED.name.lower(): Label(Text("put back; a worker takes it when the broker is back"), "wait"),
    Outcome.NOT_POSSIBLE.name.lower(): Label(Text("cannot be replayed"), "bad"),
}
RUNS: Mapping[str, Label] = {
    RunState.FORETELLING: Label(Text("A worker finds out what would happen"), "busy"),
    RunState.READY: Label(Text("Nothing was done yet: look, then start it"), "wait"),
    RunState.RUNNING: Label(Text("Deliveries are put back to work"), "busy"),
    RunState.STOPPED: Label(Text("Stopped"), "off"),
    RunState.DONE: Label(Text("All are put back to work"), "good"),
}
LEVELS: Mapping[str, Label] = {
    "ok": Label(Text("all right"), "good"),
    "warning": Label(Text("look at it"), "wait"),
    "problem": Label(Text("problem"), "bad"),
}


def name_resource(resource: str | None) -> Text | str:
    """Returns what a message is about; Altegio's own word for what nobody foresaw."""
    return RESOURCES.get(resource or "", resource or Text("Message from Altegio"))


def say_span(span: timedelta) -> Text:
    """Returns how long something took, to the millisecond where it was quick."""
    seconds = max(span.total_seconds(), 0.0)
    return Text("%(count)s ms", count=f"{seconds * 1000:.0f}") if seconds < 10 else say_age(span)


def say_age(span: timedelta) -> Text:
    """Returns how long ago something was, in the largest unit that tells enough."""
    seconds = max(span.total_seconds(), 0.0)
    if seconds < 120:
        return Text("%(count)s s", count=f"{seconds:.0f}")
    if seconds < 2 * 3600:
        return Text("%(count)s min", count=f"{seconds / 60:.0f}")
    if seconds < 48 * 3600:
        return Text("%(count)s h", count=f"{seconds / 3600:.0f}")
    return Text("%(count)s days", count=f"{seconds / 86400:.0f}")
