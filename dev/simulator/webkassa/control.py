"""The control API under /_sim: what tests look at and what they arrange."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dev.simulator.jsontext import BadJson, parse
from dev.simulator.webkassa.answers import build_ledger_row
from dev.simulator.webkassa.faults import FaultError
from dev.simulator.webkassa.fields import read_bool, read_decimal
from dev.simulator.webkassa.operations import OPERATIONS
from dev.simulator.webkassa.requisites import to_utc
from dev.simulator.webkassa.settings import SettingsError
from dev.simulator.webkassa.simulator import Simulator
from dev.simulator.wire import Reply, json_reply

PREFIX = "/_sim/"
OPERATION_NAMES = frozenset(OPERATIONS)
OK = {"ok": True}

Query = Mapping[str, str]
Body = Mapping[str, Any]


class ControlError(ValueError):
    """The request to the control API makes no sense."""


def handle(simulator: Simulator, method: str, path: str, query: Query, raw: bytes) -> Reply:
    action = ACTIONS.get((method, path.removeprefix(PREFIX).strip("/")))
    if action is None:
        return json_reply({"error": f"no {method} {path}"}, 404)
    try:
        body = parse(raw) if raw else {}
        if not isinstance(body, dict):
            raise ControlError("the body must be a JSON object")
        return json_reply(action(simulator, query, body))
    except (ControlError, SettingsError, FaultError, BadJson) as error:
        return json_reply({"error": str(error)}, 400)


def _show_health(_simulator: Simulator, _query: Query, _body: Body) -> Any:
    return OK


def _show_state(simulator: Simulator, _query: Query, _body: Body) -> Any:
    return simulator.describe()


def _list_receipts(simulator: Simulator, query: Query, _body: Body) -> Any:
    cashbox, external = query.get("cashbox"), query.get("external")
    with simulator.register.lock:
        receipts = list(simulator.register.receipts)
    return [
        build_ledger_row(receipt)
        for receipt in receipts
        if cashbox in {None, receipt.cashbox.number} and external in {None, receipt.external_number}
    ]


def _list_journal(simulator: Simulator, query: Query, _body: Body) -> Any:
    return [entry.describe() for entry in simulator.journal.list_entries(query.get("operation"))]


def _change_settings(simulator: Simulator, _query: Query, body: Body) -> Any:
    with simulator.register.lock:
        problems = body.get("cashbox_problems")
        strangers = set(problems if isinstance(problems, dict) else ()) - set(simulator.register.cashboxes)
        if strangers:
            raise ControlError(f"unknown cashboxes: {', '.join(sorted(strangers))}")
        simulator.settings.change(body)
        simulator.register.follow_settings()
        return simulator.settings.describe()


def _revoke_tokens(simulator: Simulator, _query: Query, _body: Body) -> Any:
    with simulator.register.lock:
        simulator.register.sessions.revoke_all()
    return OK


def _expire_tokens(simulator: Simulator, _query: Query, _body: Body) -> Any:
    with simulator.register.lock:
        simulator.register.sessions.expire_all()
    return OK


def _list_faults(simulator: Simulator, _query: Query, _body: Body) -> Any:
    return simulator.faults.list_faults()


def _add_fault(simulator: Simulator, _query: Query, body: Body) -> Any:
    return {"id": simulator.faults.add(body, OPERATION_NAMES)}


def _lift_faults(simulator: Simulator, _query: Query, _body: Body) -> Any:
    simulator.faults.lift()
    return OK


def _move_clock(simulator: Simulator, _query: Query, body: Body) -> Any:
    unknown = sorted(set(body) - set(CLOCK_MOVES))
    if unknown or not body:
        raise ControlError(f"one of {', '.join(CLOCK_MOVES)} is needed; unknown: {', '.join(unknown) or '-'}")
    for name, value in body.items():
        CLOCK_MOVES[name](simulator, value)
    return {"now": simulator.clock.now().isoformat()}


def _advance_clock(simulator: Simulator, value: object) -> None:
    simulator.clock.advance(_read_number("advance_seconds", value))


def _set_clock(simulator: Simulator, value: object) -> None:
    try:
        simulator.clock.set(to_utc(datetime.fromisoformat(str(value))))
    except ValueError as error:
        raise ControlError("set must be an ISO time") from error


def _reset_clock(simulator: Simulator, value: object) -> None:
    if read_bool(value):
        simulator.clock.reset()


def _set_clock_rate(simulator: Simulator, value: object) -> None:
    simulator.clock.set_rate(_read_number("rate", value))


def _reset(simulator: Simulator, _query: Query, _body: Body) -> Any:
    simulator.reset()
    return OK


def _read_number(name: str, value: object) -> float:
    number = read_decimal(value)
    if number is None:
        raise ControlError(f"{name} must be a number")
    return float(number)


CLOCK_MOVES: dict[str, Callable[[Simulator, object], None]] = {
    "reset": _reset_clock,
    "set": _set_clock,
    "advance_seconds": _advance_clock,
    "rate": _set_clock_rate,
}
ACTIONS: dict[tuple[str, str], Callable[[Simulator, Query, Body], Any]] = {
    ("GET", "health"): _show_health,
    ("GET", "state"): _show_state,
    ("GET", "receipts"): _list_receipts,
    ("GET", "journal"): _list_journal,
    ("POST", "settings"): _change_settings,
    ("POST", "tokens/revoke"): _revoke_tokens,
    ("POST", "tokens/expire"): _expire_tokens,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _lift_faults,
    ("POST", "clock"): _move_clock,
    ("POST", "reset"): _reset,
}
