"""What may be changed over REST: a record is replaced as a whole, money is booked.

That a PUT is a full replacement is known, and so are the fields that two shipped applications send with it. What becomes of
a field that is left out is assumed at its worst: it falls back to what a new record has.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dev.simulator.altegio.bodies import Body, Envelope, envelope, fill, stamp
from dev.simulator.altegio.ledgers import GOODS_INCOME, OTHER_INCOME, OTHER_OUTGO, REFUND_OUTGO, SERVICE_INCOME
from dev.simulator.altegio.rest.endpoints import NOT_FOUND, Call, Refusal
from dev.simulator.altegio.rest.state import ALMATY, MONEY, RECORD, Stored
from dev.simulator.altegio.rest.views import show_record

NEEDED = ("staff_id", "services", "client", "datetime", "seance_length")
# What a record has that nobody touched.
DEFAULTS: Mapping[str, Any] = {
    "comment": "",
    "attendance": 0,
    "activity_id": 0,
    "sms_remain_hours": 0,
    "email_remain_hours": 0,
    "api_id": "",
    "custom_color": "",
    "custom_font_color": "",
    "custom_fields": [],
    "record_labels": [],
    "goods_transactions": [],
}
BUSY = (409, "The time is taken")
BLOCKED = (403, "Access denied.")
EXPENSES: Mapping[int, Body] = {
    int(str(one["id"])): one for one in (SERVICE_INCOME, GOODS_INCOME, OTHER_INCOME, OTHER_OUTGO, REFUND_OUTGO)
}
OUTGO = 1


@dataclass(frozen=True)
class Change:
    """`data`: the answer; `envelope`: its webhook; `overwritten`: fields of others that a full replacement undid."""

    data: Any
    envelope: Envelope
    overwritten: tuple[str, ...] = ()
    # As it was before.
    old: Stored | None = None


def _update_record(call: Call) -> Change:
    told = _read_object(call)
    missing = [name for name in NEEDED if name not in told]
    if missing:
        raise Refusal(422, f"{', '.join(missing)}: must be filled in")
    number, overwritten, before = call.ids["record"], list[str](), list[Stored]()
    if number in call.settings.busy_records and not told.get("save_if_busy"):
        raise Refusal(*BUSY)

    def change(old: Stored) -> Body:
        if old.body.get("is_update_blocked"):
            raise Refusal(*BLOCKED)
        new = old.body | {
            name: told.get(name, default) for name, default in DEFAULTS.items() if name in old.body or name in told
        }
        new |= {name: told[name] for name in NEEDED}
        overwritten.extend(_list_overwritten(old, new))
        before.append(old)
        return new

    stored = call.state.write(RECORD, call.location, number, change, lives_in_past=call.settings.dated_by == "arrival")
    if stored is None:
        raise Refusal(*NOT_FOUND)
    told_by_webhook = envelope(call.location, RECORD, number, "update", stored.body)
    return Change(show_record(stored, (), call.settings), told_by_webhook, tuple(overwritten), before[0])


def is_lost(lost: Stored, now: Stored | None, fields: Iterable[str]) -> bool:
    """Whether what a write undid is still undone: nobody put it back, and nobody wrote the same since."""
    if now is None or now.is_deleted:
        return False
    names = {name.partition(".")[0] for name in fields}
    if "comment" in names and any(line not in _list_lines(now.body.get("comment")) for line in _own_lines(lost)):
        return True
    return any(_plain(lost.body.get(name)) != _plain(now.body.get(name)) for name in names - {"comment"})


def _plain(value: Any) -> Any:
    """Numbers as text are the numbers."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    try:
        return float(value)
    except (TypeError, ValueError):
        return value or None


def _list_overwritten(old: Stored, new: Body) -> list[str]:
    """Nobody writes anything here but a line of the comment, or a field of their own."""
    spoilt = [
        name for name in (*NEEDED, *DEFAULTS) if name not in {"comment", "custom_fields"} and not _same(old, new, name)
    ]
    theirs, ours = _own_lines(old), _list_lines(new.get("comment"))
    spoilt += ["comment" for line in theirs if line not in ours]
    before, after = (body.get("custom_fields") or {} for body in (old.body, new))
    written = dict(old.written.get("custom_fields", ({}, {}))[1] or {})
    spoilt += [f"custom_fields.{name}" for name, value in before.items() if written.get(name) != value != after.get(name)]
    return spoilt


def _same(old: Stored, new: Body, name: str) -> bool:
    """Nothing is as good as nothing in another type."""
    return (old.body.get(name) or None) == (new.get(name) or None)


def _own_lines(old: Stored) -> list[str]:
    """Of the comment, those that staff wrote."""
    if "comment" not in old.written:
        return _list_lines(old.body.get("comment"))
    return _list_lines(old.written["comment"][0])


def _list_lines(comment: object) -> list[str]:
    return [line.strip() for line in str(comment or "").splitlines() if line.strip()]


def _create_transaction(call: Call) -> Change:
    """The sign follows the expense item, and not what was asked for."""
    told = _read_object(call)
    missing = [name for name in ("expense_id", "amount", "account_id") if not told.get(name)]
    if missing:
        raise Refusal(422, f"{', '.join(missing)}: must be filled in")
    expense = EXPENSES.get(int(told["expense_id"]))
    if expense is None:
        raise Refusal(422, "expense_id: no such item")

    def build(number: int, account: Body) -> Body:
        is_cash = account.get("type") == 0
        amount = abs(told["amount"]) * (-1 if expense["type"] == OUTGO else 1)
        visit = {name: int(told.get(name) or 0) for name in ("record_id", "visit_id")}
        return fill(
            "money",
            id=number,
            date=str(told.get("date") or ""),
            amount=amount,
            comment=str(told.get("comment") or ""),
            last_change_date=stamp(datetime.now(ALMATY)),
            expense=expense,
            account={"id": account["id"], "title": account["title"], "is_cash": is_cash, "is_default": is_cash},
            client={"id": told["client_id"]} if told.get("client_id") else [],
            **(visit if call.settings.money_keeps_visit else {}),
        )

    stored = call.state.add_money(call.location, build, int(told["account_id"]))
    if stored is None:
        raise Refusal(*NOT_FOUND)
    return Change(stored.body, envelope(call.location, MONEY, stored.id, "create", stored.body))


def _delete_transaction(call: Call) -> Change:
    stored = call.state.delete_money(call.location, call.ids["transaction"])
    if stored is None:
        raise Refusal(*NOT_FOUND)
    body = stored.body | {"last_change_date": stamp(datetime.now(ALMATY))}
    return Change(None, envelope(call.location, MONEY, stored.id, "delete", body))


def _read_object(call: Call) -> Body:
    try:
        told = json.loads(call.request.raw)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Refusal(422, "the body must be an object")
    return told


WRITES: Mapping[str, Callable[[Call], Change]] = {
    "record_update": _update_record,
    "transaction_create": _create_transaction,
    "transaction_delete": _delete_transaction,
}
