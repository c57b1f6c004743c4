"""The vendor's methods: fields in, `Data` out, or a refusal. The register's lock is held around each."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dev.simulator.webkassa import answers, lookups
from dev.simulator.webkassa.errors import Refusal
from dev.simulator.webkassa.fields import read_text
from dev.simulator.webkassa.ledger import Cashbox
from dev.simulator.webkassa.register import Register
from dev.simulator.webkassa.reports import build_report

ACTIVE, BLOCKED, CREATED = 1, 2, 0
PROBLEM_STATUS = {7: BLOCKED, 10: CREATED}

UNITS = (
    (796, "шт", "PC", "дана"),
    (5114, "одн.усл.", "one", "бір қызмет"),
    (5113, "одна процедура", "one procedure", "бір процедура"),
    (356, "час", "h", "сағат"),
    (778, "упак.", "pack", "орам"),
    (839, "комплект", "set", "жинақ"),
    (166, "кг", "kg", "кг"),
    (163, "г", "g", "г"),
    (112, "литр", "l", "литр"),
    (111, "мл", "ml", "мл"),
)


class Call(NamedTuple):
    """`fields` is the body with its names in lower case."""

    register: Register
    body: Mapping[str, Any]
    fields: Mapping[str, Any]

    def get_cashbox(self, *, fiscal: bool = False) -> Cashbox:
        return self.register.get_cashbox(self.fields, fiscal=fiscal)


def authorize(call: Call) -> Any:
    settings = call.register.settings
    given = (read_text(call.fields.get("login")), read_text(call.fields.get("password")))
    if not secrets.compare_digest(repr(given).encode(), repr((settings.login, settings.password)).encode()):
        raise Refusal(1)
    return {"Token": call.register.sessions.open(call.register.clock.now())}


def check(call: Call) -> Any:
    register = call.register
    cashbox = call.get_cashbox(fiscal=True)
    # Which comes first is not documented, so it is a switch.
    if register.settings.duplicate_before_validation:
        _refuse_duplicate(call, cashbox)
    register.refuse_invalid(call.fields)
    register.refuse_late(cashbox)
    _refuse_duplicate(call, cashbox)
    return answers.build_check(register.issue(cashbox, call.body, call.fields), register.settings)


def z_report(call: Call) -> Any:
    register = call.register
    cashbox = call.get_cashbox(fiscal=True)
    shift = register.close_shift(cashbox)
    return build_report(cashbox, shift, register.clock.now(), register.settings)


def x_report(call: Call) -> Any:
    """After the closing it shows the last shift, as the real one was seen to do."""
    register = call.register
    cashbox = call.get_cashbox(fiscal=True)
    if not cashbox.shifts:
        raise Refusal(13)
    return build_report(cashbox, cashbox.shifts[-1], register.clock.now(), register.settings)


def money_operation(call: Call) -> Any:
    register = call.register
    cashbox = call.get_cashbox(fiscal=True)
    shift, at = register.move_cash(cashbox, call.fields)
    return answers.build_money(cashbox, shift, at, offline=register.settings.offline)


def cashboxes(call: Call) -> Any:
    problems = call.register.settings.cashbox_problems
    visible = [cashbox for cashbox in call.register.cashboxes.values() if problems.get(cashbox.number, ACTIVE) not in {5, 6}]
    return {"List": [_build_list_row(call.register, cashbox) for cashbox in visible]}


def client_info(call: Call) -> Any:
    cashbox = call.get_cashbox()
    return {
        "CashboxStatus": _get_status(call.register, cashbox),
        "License": {"LicenseStatus": 2, "LicenseExpirationDate": call.register.settings.license_expires_at},
        "Ofd": {"Ofd": answers.OFD["Code"]},
    }


def main_info(call: Call) -> Any:
    rates = sorted(call.register.settings.vat_rates)
    return {
        "TaxationType": 100 if rates else 0,
        "VATInfo": {"VATPayer": bool(rates), "VATSeries": "", "VATNumber": "", "VATRates": rates},
    }


def ref_units(_call: Call) -> Any:
    names = ("Code", "NameRu", "NameEn", "NameKz")
    return [dict(zip(names, unit, strict=True)) for unit in UNITS]


def ticket(call: Call) -> Any:
    return lookups.find_ticket(call.register, call.get_cashbox(), call.fields)


def check_history(call: Call) -> Any:
    return lookups.list_checks(call.register, call.get_cashbox(), call.fields)


def history_by_number(call: Call) -> Any:
    return lookups.find_by_number(call.register, call.get_cashbox(), call.fields)


def shift_history(call: Call) -> Any:
    return lookups.list_shifts(call.get_cashbox(), call.fields)


def print_format(call: Call) -> Any:
    return lookups.find_print_lines(call.register, call.get_cashbox(), call.fields)


def perform(name: str, register: Register, body: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    """The `Data` of one call; everything but Authorize needs a live session first."""
    with register.lock:
        if name != "authorize":
            register.require_session(fields)
        return OPERATIONS[name](Call(register, body, fields))


def _refuse_duplicate(call: Call, cashbox: Cashbox) -> None:
    number = read_text(call.fields.get("externalchecknumber"))
    known = call.register.find_duplicate(cashbox, number) if number else None
    if known is None:
        return
    settings = call.register.settings
    # The new body is not compared with the first one: that is how the real service was seen to behave.
    data = answers.build_check(known, settings) if settings.duplicate_with_data else None
    raise Refusal(14, f"Чек с внешним номером {number} уже присутствует в системе", data)


def _build_list_row(register: Register, cashbox: Cashbox) -> dict[str, Any]:
    return {
        "UniqueNumber": cashbox.number,
        "RegistrationNumber": cashbox.registration_number,
        "IdentificationNumber": str(cashbox.identity_number),
        "Name": "Касса салона",
        "Description": "",
        "IsOffline": register.settings.offline,
        "CurrentStatus": _get_status(register, cashbox),
        "Shift": len(cashbox.shifts),
    }


def _get_status(register: Register, cashbox: Cashbox) -> int:
    return PROBLEM_STATUS.get(register.settings.cashbox_problems.get(cashbox.number, 0), ACTIVE)


OPERATIONS: dict[str, Callable[[Call], Any]] = {
    "authorize": authorize,
    "check": check,
    "z_report": z_report,
    "x_report": x_report,
    "money_operation": money_operation,
    "cashboxes": cashboxes,
    "shift_history": shift_history,
    "check_history": check_history,
    "history_by_number": history_by_number,
    "print_format": print_format,
    "ref_units": ref_units,
    "ticket": ticket,
    "client_info": client_info,
    "main_info": main_info,
}
# They change nothing, so a fault "after" them needs no success first.
READ_ONLY = frozenset(OPERATIONS) - {"authorize", "check", "z_report", "money_operation"}
