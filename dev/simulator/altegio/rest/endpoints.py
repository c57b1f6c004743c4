"""What each operation answers that reads the state and changes nothing; those that change it are in `writes`."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dev.simulator import simulator
from dev.simulator.altegio.rest import views
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.state import GOODS, LOYALTY, MONEY, RECORD, Body, State, Stored, read_moment
from dev.simulator.wire import Request

DEFAULT_COUNT = 50


class Refusal(Exception):
    """An answer with success:false. `message` None stands for an empty `meta`."""

    def __init__(self, status: int, message: str | None) -> None:
        super().__init__(message or "")
        self.status, self.message = status, message


NOT_FOUND = (404, None)


@dataclass(frozen=True)
class Call(simulator.Call):
    request: Request
    state: State
    settings: Settings
    ids: Mapping[str, int]

    @property
    def location(self) -> int:
        return self.ids["location"]

    def has_flag(self, name: str) -> bool:
        return self.request.query.get(name, "0") in {"1", "true"}

    def read_number(self, name: str, default: int | None = None) -> int | None:
        """Raises Refusal."""
        text = self.request.query.get(name)
        if not text:
            return default
        if not text.isdecimal():
            raise Refusal(422, f"{name} must be a whole number")
        return int(text)

    def read_moment(self, name: str) -> datetime | None:
        """Raises Refusal. An unescaped plus of an offset arrives as a space."""
        try:
            return read_moment(self.request.query.get(name))
        except ValueError:
            raise Refusal(422, f"{name} must be a date and time") from None

    def cut_page(self, rows: Sequence[Stored]) -> Sequence[Stored]:
        page, count = self.read_number("page", 1), self.read_number("count", DEFAULT_COUNT)
        if not page or not count:
            raise Refusal(422, "page and count begin with 1")
        return rows[(page - 1) * count : page * count]

    def list_live(self, resource: str, **wanted: int) -> list[Stored]:
        return [row for row in self.state.list_all(resource, self.location, **wanted) if not row.is_deleted]

    def list_changed(self, rows: Sequence[Stored]) -> list[Stored]:
        after, by_stamp = self.read_moment("changed_after"), self.settings.dated_by == "stamp"
        return [row for row in rows if after is None or (row.changed_at if by_stamp else row.arrived_at) >= after]


def _show_record(call: Call) -> Any:
    record = _get_record(call)
    return _show_with_payments(call, record, call.list_live(MONEY, record_id=record.id))


def _get_record(call: Call) -> Stored:
    record = call.state.find(RECORD, call.location, call.ids["record"])
    if record is None or (record.is_deleted and call.settings.deleted_records == "missing"):
        raise Refusal(*NOT_FOUND)
    return record


def _show_with_payments(call: Call, record: Stored, payments: Sequence[Stored]) -> Body:
    shown = views.show_record(record, payments, call.settings)
    if not call.has_flag("include_finance_transactions"):
        del shown["finance_transactions"]
    return shown


def _list_records(call: Call) -> Any:
    rows = call.state.list_all(RECORD, call.location)
    if not call.has_flag("with_deleted"):
        rows = [row for row in rows if not row.is_deleted]
    found = call.list_changed(rows)
    payments: defaultdict[int, list[Stored]] = defaultdict(list)
    for payment in call.list_live(MONEY):
        payments[int(payment.body["record_id"])].append(payment)
    return [_show_with_payments(call, record, payments[record.id]) for record in call.cut_page(found)]


def _show_visit(call: Call) -> Any:
    records = call.state.list_all(RECORD, visit_id=call.ids["visit"])
    if not records:
        raise Refusal(*NOT_FOUND)
    return views.show_visit(records, call.settings)


def _show_details(call: Call) -> Any:
    record = _get_record(call)
    if int(record.body["visit_id"]) != call.ids["visit"]:
        raise Refusal(*NOT_FOUND)
    payments = call.list_live(MONEY, record_id=record.id)
    return views.show_details(record, payments, call.list_live(LOYALTY, record_id=record.id), call.settings)


def _show_sale(call: Call) -> Any:
    document = call.ids["document"]
    record = _find_record_of(call, document)
    goods = call.list_live(GOODS, document_id=document)
    is_hidden = record is not None and not call.settings.sale_of_visits
    if is_hidden or (record is None and not goods):
        raise Refusal(*NOT_FOUND)
    payments = call.list_live(MONEY, document_id=document)
    return views.show_sale(document, record, goods, payments, call.list_live(LOYALTY, document_id=document))


def _find_record_of(call: Call, document: int) -> Stored | None:
    records = call.list_live(RECORD)
    return next((row for row in records if document in _list_documents(row)), None)


def _list_documents(record: Stored) -> list[int]:
    """A write-off of materials has a document as well, which is no sale. Ids may be text."""
    return [int(one["id"]) for one in record.body.get("documents", ()) if one.get("type_id", 7) != 8]


def _list_transactions(call: Call) -> Any:
    rows = call.state.list_all(MONEY, call.location, **_read_wanted(call, "document_id"))
    if not call.has_flag("deleted"):
        rows = [row for row in rows if not row.is_deleted]
    found = call.list_changed(rows)
    return [views.show_transaction(row, call.settings) for row in call.cut_page(found)]


def _show_transaction(call: Call) -> Any:
    """It says what the two lists leave out: whether the account holds cash."""
    row = call.state.find(MONEY, call.location, call.ids["transaction"])
    if row is None or row.is_deleted:
        raise Refusal(*NOT_FOUND)
    return row.body


def _list_timetable(call: Call) -> Any:
    rows = call.list_live(MONEY, **_read_wanted(call, "visit_id", "record_id"))
    return [views.show_transaction(row, call.settings) for row in rows]


def _read_wanted(call: Call, *names: str) -> dict[str, int]:
    numbers = {name: call.read_number(name) for name in names}
    return {name: number for name, number in numbers.items() if number is not None}


ENDPOINTS: Mapping[str, Callable[[Call], Any]] = {
    "record": _show_record,
    "records": _list_records,
    "visit": _show_visit,
    "visit_details": _show_details,
    "sale": _show_sale,
    "timetable_transactions": _list_timetable,
    "transactions": _list_transactions,
    "transaction": _show_transaction,
    "accounts": lambda call: call.state.list_accounts(call.location),
    "hooks": lambda call: call.state.get_hooks(call.location),
}
