"""The vendor's methods that only read: cashboxes, shifts, and receipts found again."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from dev.simulator.webkassa import answers
from dev.simulator.webkassa.calls import Call
from dev.simulator.webkassa.errors import Refusal
from dev.simulator.webkassa.ledger import Cashbox, Receipt, Shift
from dev.simulator.webkassa.rules.fields import read_int, read_text

Item = TypeVar("Item")

MAX_TAKE = 50
ACTIVE, BLOCKED, CREATED = 1, 2, 0
PROBLEM_STATUS = {7: BLOCKED, 10: CREATED}
# A cashbox without access, or unknown, is not listed at all.
HIDDEN = frozenset({5, 6})

UNITS = json.loads((Path(__file__).parent / "rules" / "units.json").read_text("utf-8"))


def find_ticket(call: Call) -> Any:
    cashbox, number = call.get_cashbox(), call.external_number
    if not number:
        raise Refusal(9, "Необходимо указать внешний номер чека")
    if call.settings.lookup_needs_shift or call.fields.get("shiftnumber") is not None:
        receipt = cashbox.by_shift_external.get((_get_shift(call, cashbox).number, number))
    else:
        receipt = cashbox.by_external.get(number)
    found = _see(call, cashbox, receipt)
    return answers.build_history_item(found) if found else None


def find_by_number(call: Call) -> Any:
    shift, number = _get_shift(call, call.get_cashbox()), read_text(call.fields.get("number"))
    receipt = call.register.by_check_number.get(number)
    if receipt is None or receipt.shift is not shift or not call.register.is_visible(receipt):
        raise Refusal(16, f"Чек № {number} не зарегистрирован в рамках смены {shift.number}")
    return answers.build_history_item(receipt)


def list_checks(call: Call) -> Any:
    receipts = _get_shift(call, call.get_cashbox()).receipts
    if call.settings.visibility_delay_seconds:
        receipts = [receipt for receipt in receipts if call.register.is_visible(receipt)]
    return _cut_page(call, "Items", receipts, answers.build_history_item)


def list_shifts(call: Call) -> Any:
    """Oldest first, as in the vendor's sample."""
    cashbox = call.get_cashbox()
    return {"CashboxUniqueNumber": cashbox.number, **_cut_page(call, "Shifts", cashbox.shifts, answers.build_shift)}


def find_print_lines(call: Call) -> Any:
    cashbox = call.get_cashbox()
    found = _see(call, cashbox, cashbox.by_external.get(call.external_number))
    return {"Lines": answers.print_again(found, call.fields, call.languages)} if found else None


def list_cashboxes(call: Call) -> Any:
    problems = call.settings.cashbox_problems
    shown = [cashbox for cashbox in call.register.cashboxes.values() if problems.get(cashbox.number) not in HIDDEN]
    return {"List": [answers.build_list_row(one, _get_status(call, one), call.settings) for one in shown]}


def show_client(call: Call) -> Any:
    return {
        "CashboxStatus": _get_status(call, call.get_cashbox()),
        "License": {"LicenseStatus": 2, "LicenseExpirationDate": call.settings.license_expires_at},
        "Ofd": {"Ofd": answers.OFD["Code"]},
    }


def show_organisation(call: Call) -> Any:
    rates = sorted(call.settings.vat_rates)
    vat = {"VATPayer": bool(rates), "VATSeries": "", "VATNumber": "", "VATRates": rates}
    return {"TaxationType": 100 if rates else 0, "VATInfo": vat}


def list_units(_call: Call) -> Any:
    return UNITS


def _see(call: Call, cashbox: Cashbox, receipt: Receipt | None) -> Receipt | None:
    """What is not there, or not to be seen yet, has three faces: nobody documents which the real service shows."""
    if receipt and call.register.is_visible(receipt):
        return receipt
    style = call.settings.not_found_style
    if style == "16":
        raise Refusal(16, f"Чек № {call.external_number} не зарегистрирован в рамках смены {len(cashbox.shifts)}")
    if style == "19":
        raise Refusal(19)
    return None


def _get_shift(call: Call, cashbox: Cashbox) -> Shift:
    number = read_int(call.fields.get("shiftnumber"))
    if number is None:
        raise Refusal(9, "Необходимо указать номер смены")
    shift = cashbox.find_shift(number)
    if shift is None:
        raise Refusal(15)
    return shift


def _cut_page(call: Call, name: str, items: Sequence[Item], build: Callable[[Item], Any]) -> dict[str, Any]:
    skip, take = (read_int(call.fields.get(name, 0)) for name in ("skip", "take"))
    if skip is None or skip < 0:
        raise Refusal(9, "Недопустимое значение Skip")
    if take is None or not 1 <= take <= MAX_TAKE:
        raise Refusal(9, f"Значение Take должно быть от 1 до {MAX_TAKE}")
    return {"Skip": skip, "Take": take, "Total": len(items), name: [build(item) for item in items[skip : skip + take]]}


def _get_status(call: Call, cashbox: Cashbox) -> int:
    return PROBLEM_STATUS.get(call.settings.cashbox_problems.get(cashbox.number, 0), ACTIVE)
