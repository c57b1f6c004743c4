"""The vendor's methods that do something, and the table of all: a call in, its `Data` out, or a refusal."""

import secrets
from collections.abc import Callable
from typing import Any

from dev.simulator.webkassa import answers, lookups
from dev.simulator.webkassa.calls import Call
from dev.simulator.webkassa.errors import Refusal
from dev.simulator.webkassa.ledger import Cashbox
from dev.simulator.webkassa.rules.fields import read_text


def authorize(call: Call) -> Any:
    settings = call.settings
    login, password = (read_text(call.fields.get(name)) for name in ("login", "password"))
    wanted = {**settings.cashiers, settings.login: settings.password}.get(login)
    if wanted is None or not secrets.compare_digest(password.encode(), wanted.encode()):
        raise Refusal(1)
    return {"Token": call.register.sessions.open(call.now())}


def check(call: Call) -> Any:
    register, cashbox = call.register, call.get_cashbox(fiscal=True)
    # Which comes first is not documented, so it is a switch.
    if call.settings.duplicate_before_validation:
        _refuse_duplicate(call, cashbox)
    register.refuse_invalid(call.fields)
    register.refuse_late(cashbox)
    _refuse_duplicate(call, cashbox)
    register.refuse_return(cashbox, call.fields)
    return answers.build_check(register.issue(cashbox, call.body, call.fields), call.settings)


def z_report(call: Call) -> Any:
    cashbox = call.get_cashbox(fiscal=True)
    shift = call.register.close_shift(cashbox)
    return answers.build_report(cashbox, shift, call.now(), call.settings)


def x_report(call: Call) -> Any:
    """After the closing it shows the last shift, as the real one was seen to do."""
    cashbox = call.get_cashbox(fiscal=True)
    if not cashbox.shifts:
        raise Refusal(13)
    return answers.build_report(cashbox, cashbox.shifts[-1], call.now(), call.settings)


def money_operation(call: Call) -> Any:
    cashbox = call.get_cashbox(fiscal=True)
    shift, at = call.register.move_cash(cashbox, call.fields)
    return answers.build_money(cashbox, shift, at, offline=call.settings.offline)


def perform(call: Call) -> Any:
    """The `Data` of one call; everything but Authorize needs a live session first. Raises Refusal."""
    with call.register.lock:
        if call.entry.operation != "authorize":
            token = read_text(call.fields.get("token"))
            call.register.sessions.require(token, call.now(), call.settings.token_ttl_seconds)
        return OPERATIONS[call.entry.operation](call)


def _refuse_duplicate(call: Call, cashbox: Cashbox) -> None:
    number = call.external_number
    known = call.register.find_duplicate(cashbox, number) if number else None
    if known is None:
        return
    # The new body is not compared with the first one: that is how the real service was seen to behave.
    data = answers.build_check(known, call.settings) if call.settings.duplicate_with_data else None
    raise Refusal(14, f"Чек с внешним номером {number} уже присутствует в системе", data)


# They change nothing, so a fault "after" them needs no success first.
READ_ONLY: dict[str, Callable[[Call], Any]] = {
    "x_report": x_report,
    "cashboxes": lookups.list_cashboxes,
    "shift_history": lookups.list_shifts,
    "check_history": lookups.list_checks,
    "history_by_number": lookups.find_by_number,
    "print_format": lookups.find_print_lines,
    "ref_units": lookups.list_units,
    "ticket": lookups.find_ticket,
    "client_info": lookups.show_client,
    "main_info": lookups.show_organisation,
}
OPERATIONS = READ_ONLY | {"authorize": authorize, "check": check, "z_report": z_report, "money_operation": money_operation}
