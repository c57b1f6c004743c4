"""Says of each task what it is, whose turn it is and what to press. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.acquire.books.labels import WHY_LABELS
from api.acquire.tasks.kinds import TaskKind
from api.acquire.words.advice import Advice, advise_return, explain, explain_refused_return
from api.acquire.words.text import Text
from shared.books.model import Why
from shared.fiscal.statuses import PaymentKind
from shared.salon.desk_sales import find_desk_sale_id
from shared.storage.models.day.book_finding import FindingKind

CASHIER, MANAGER, OPS = Text("cashier"), Text("manager"), Text("support")
# What nobody at the salon can put right.
_OF_OPS = {
    *("1", "3", "401", "403", "404", "no_cashbox", "no_vat_rate", "salon_not_named", "number_taken"),
    *("unreadable", "unprocessable", "denied_by_altegio", "not_believed"),
}
_FINDINGS: dict[str, Text] = {
    FindingKind.SHIFT: Text("The Z-report does not count what was issued."),
    FindingKind.DEBT: Text("The client was here and has not paid everything."),
    FindingKind.DEPOSITS: Text("Deposits that lie for over three months."),
}


HOW_TO_GIVE_BACK = {
    PaymentKind.CASH: Text("Give it back from the drawer."),
    PaymentKind.CARD: Text("Refund it on the card terminal."),
    PaymentKind.MOBILE: Text("Refund it in Kaspi or the bank's app."),
}


@dataclass(frozen=True, slots=True)
class Button:
    """Describes the best thing to press: a page to open, or what to post there. `is_managers`: others only see it said.
    `is_best` is False where something else has to be done first."""

    label: Text
    address: str
    is_post: bool = False
    is_managers: bool = False
    is_best: bool = True


@dataclass(frozen=True, slots=True)
class TaskView:
    """Describes a task in the list. `reason_code`: of a delivery, for doing the same to all like it."""

    kind: str
    id: int
    title: str | Text
    what: Text
    todo: Text | None
    said: str | None
    since: datetime
    amount: Decimal | None
    turn: Text
    button: Button
    visit_id: int | None
    sale_id: int | None
    receipt_id: int | None
    record_id: int | None
    reason_code: str | None
    count: int | None
    owner: str | None
    is_mine: bool
    put_off_until: datetime | None

    @property
    def is_due(self) -> bool:
        return self.kind == TaskKind.RETURN_DUE


@dataclass(frozen=True, slots=True)
class Finding:
    """Says what is wrong where the words tell what to do themselves."""

    what: Text
    todo: Text | None = None
    retry_helps: bool = False


def show_task(row: Any, staff_id: int) -> TaskView:
    """Returns a row of `list_tasks` in the words of the page."""
    kind = TaskKind(row.kind)
    advice = _advise(kind, row)
    return TaskView(
        kind=kind.value,
        id=row.id,
        title=_name(kind, row),
        what=advice.what,
        todo=advice.todo,
        said=row.said,
        since=row.since,
        amount=abs(row.amount) if row.amount is not None else None,
        turn=_find_turn(kind, row),
        button=_find_button(kind, row, advice),
        visit_id=row.visit_id,
        sale_id=find_desk_sale_id(row.document_id),
        receipt_id=row.receipt_id if row.fiscal_number else None,
        record_id=row.record_id,
        reason_code=(row.code or "") if kind is TaskKind.DEAD_LETTER and advice.retry_helps else None,
        count=row.count,
        owner=row.owner,
        is_mine=row.owner_id == staff_id,
        put_off_until=row.put_off_until,
    )


def _name(kind: TaskKind, row: Any) -> str | Text:
    if row.client_name or row.title:
        return str(row.client_name or row.title)
    if kind in (TaskKind.PAUSED, TaskKind.CASH_UNCLEAR) or row.code in (FindingKind.SHIFT, FindingKind.DEPOSITS):
        return str(row.register)
    if row.record_id is not None:
        return Text("Visit № %(number)s", number=row.record_id)
    if row.document_id is not None and row.document_id < 0:
        return Text("Sale without a visit № %(number)s", number=-row.document_id)
    if row.document_id is not None or kind is not TaskKind.DEAD_LETTER:
        return Text("Sale of goods")
    return Text("Message from Altegio")


def _advise(kind: TaskKind, row: Any) -> Advice | Finding:
    match kind:
        case TaskKind.DEAD_LETTER | TaskKind.PAUSED:
            return explain(row.code)
        case TaskKind.RETURN_DUE:
            return advise_return(row.said)
        case TaskKind.RETURN_REFUSED:
            refused = explain_refused_return(row.code, row.said if row.code is None else None)
            return refused or Finding(Text("The return was refused."))
        case TaskKind.WAITING:
            return Advice(Text("The receipt is not issued, and nothing goes on by itself."), _SUPPORT)
        case TaskKind.CASH_UNCLEAR:
            return Advice(
                Text("Webkassa did not say whether cash was moved."), Text("Count the drawer and take an X-report.")
            )
        case TaskKind.HAND_BACK:
            return Finding(
                Text("A return is made, and its money is not given back yet."), HOW_TO_GIVE_BACK[PaymentKind(row.code)]
            )
    return Finding(_say_finding(row.code))


_SUPPORT = Text("Show it to whoever looks after the service.")


def _say_finding(code: str) -> Text:
    return _FINDINGS[code] if code in _FINDINGS else WHY_LABELS[Why(code)]


def _find_turn(kind: TaskKind, row: Any) -> Text:
    if kind is TaskKind.WAITING or (kind in (TaskKind.DEAD_LETTER, TaskKind.PAUSED) and row.code in _OF_OPS):
        return OPS
    is_cashiers = kind is TaskKind.HAND_BACK or (row.code == FindingKind.DEBT and kind is TaskKind.FINDING)
    return CASHIER if is_cashiers else MANAGER


def _find_button(kind: TaskKind, row: Any, advice: Advice | Finding) -> Button:
    receipt = Button(Text("Show the receipt"), f"/acquire/success/{row.receipt_id}")
    match kind:
        case TaskKind.PAUSED:
            return Button(Text("Check now"), f"/acquire/cashboxes/{row.id}/probe", is_post=True, is_managers=True)
        case TaskKind.RETURN_DUE:
            return Button(Text("Make a return"), f"/acquire/receipts/{row.id}/return", is_managers=True)
        case TaskKind.RETURN_REFUSED | TaskKind.WAITING:
            return receipt
        case TaskKind.HAND_BACK:
            return Button(Text("Give it back and tick it off"), f"/acquire/receipts/{row.receipt_id}")
        case TaskKind.CASH_UNCLEAR:
            return Button(Text("To the shift"), "/acquire/shift")
        case TaskKind.DEAD_LETTER:
            return _find_button_of_delivery(row, advice)
    return _find_button_of_finding(row)


def _find_button_of_delivery(row: Any, advice: Advice | Finding) -> Button:
    if row.visit_id is not None and not advice.retry_helps:
        return Button(Text("To the visit"), f"/acquire/visits/{row.visit_id}")
    address = f"/acquire/attention/{row.id}/retry"
    return Button(Text("Retry"), address, is_post=True, is_managers=True, is_best=advice.retry_helps)


def _find_button_of_finding(row: Any) -> Button:
    if row.code == FindingKind.DEBT and row.visit_id is not None:
        return Button(Text("To the visit"), f"/acquire/visits/{row.visit_id}")
    if row.code == FindingKind.SHIFT:
        return Button(Text("Show the report"), f"/acquire/shifts/{row.shift_id}", is_managers=True)
    day = "" if row.code == FindingKind.DEPOSITS else f"?day={row.day}"
    return Button(Text("To the books"), f"/acquire/books{day}", is_managers=True)


def show_reasons(counts: Mapping[str, int]) -> list[tuple[str, Text, int]]:
    """Returns reasons that several deliveries share and repeating may help: the code, its words, how many."""
    reasons = [(code, explain(code or None), count) for code, count in counts.items() if count > 1]
    return [(code, advice.what, count) for code, advice, count in reasons if advice.retry_helps]
