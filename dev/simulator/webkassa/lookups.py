"""Finding receipts again: by external number, by fiscal number, page by page, shift by shift."""

from collections.abc import Mapping
from typing import Any

from dev.simulator.webkassa import answers
from dev.simulator.webkassa.errors import Refusal
from dev.simulator.webkassa.fields import read_int, read_text
from dev.simulator.webkassa.ledger import Cashbox, Receipt, Shift
from dev.simulator.webkassa.register import Register

MAX_TAKE = 50


def find_ticket(register: Register, cashbox: Cashbox, fields: Mapping[str, Any]) -> Any:
    number = read_text(fields.get("externalchecknumber"))
    if not number:
        raise Refusal(9, "Необходимо указать внешний номер чека")
    if register.settings.lookup_needs_shift or fields.get("shiftnumber") is not None:
        shift = _get_shift(cashbox, fields)
        receipt = cashbox.by_shift_external.get((shift.number, number))
    else:
        receipt = cashbox.by_external.get(number)
    if receipt is None or not register.is_visible(receipt):
        return _not_found(register, cashbox, number)
    return answers.build_history_item(receipt)


def find_by_number(register: Register, cashbox: Cashbox, fields: Mapping[str, Any]) -> Any:
    shift = _get_shift(cashbox, fields)
    number = read_text(fields.get("number"))
    receipt = register.by_check_number.get(number)
    if receipt is None or receipt.shift is not shift or not register.is_visible(receipt):
        raise Refusal(16, f"Чек № {number} не зарегистрирован в рамках смены {shift.number}")
    return answers.build_history_item(receipt)


def list_checks(register: Register, cashbox: Cashbox, fields: Mapping[str, Any]) -> Any:
    shift = _get_shift(cashbox, fields)
    skip, take = _read_page(fields)
    receipts = _list_visible(register, shift)
    items = [answers.build_history_item(receipt) for receipt in receipts[skip : skip + take]]
    return {"Skip": skip, "Take": take, "Total": len(receipts), "Items": items}


def list_shifts(cashbox: Cashbox, fields: Mapping[str, Any]) -> Any:
    """Oldest first, as in the vendor's sample."""
    skip, take = _read_page(fields)
    return {
        "CashboxUniqueNumber": cashbox.number,
        "Skip": skip,
        "Take": take,
        "Total": len(cashbox.shifts),
        "Shifts": [answers.build_shift(shift) for shift in cashbox.shifts[skip : skip + take]],
    }


def find_print_lines(register: Register, cashbox: Cashbox, fields: Mapping[str, Any]) -> Any:
    number = read_text(fields.get("externalchecknumber"))
    receipt = cashbox.by_external.get(number)
    if receipt is None or not register.is_visible(receipt):
        return _not_found(register, cashbox, number)
    return {"Lines": answers.build_print_lines(receipt, answers.build_ticket_url(receipt))}


def _not_found(register: Register, cashbox: Cashbox, number: str) -> None:
    """Nobody documents which of the three the real service gives."""
    style = register.settings.not_found_style
    if style == "16":
        shift = len(cashbox.shifts)
        raise Refusal(16, f"Чек № {number} не зарегистрирован в рамках смены {shift}")
    if style == "19":
        raise Refusal(19)


def _get_shift(cashbox: Cashbox, fields: Mapping[str, Any]) -> Shift:
    number = read_int(fields.get("shiftnumber"))
    if number is None:
        raise Refusal(9, "Необходимо указать номер смены")
    shift = cashbox.find_shift(number)
    if shift is None:
        raise Refusal(15)
    return shift


def _read_page(fields: Mapping[str, Any]) -> tuple[int, int]:
    skip = read_int(fields.get("skip", 0))
    take = read_int(fields.get("take", 0))
    if skip is None or skip < 0:
        raise Refusal(9, "Недопустимое значение Skip")
    if take is None or not 1 <= take <= MAX_TAKE:
        raise Refusal(9, f"Значение Take должно быть от 1 до {MAX_TAKE}")
    return skip, take


def _list_visible(register: Register, shift: Shift) -> list[Receipt]:
    if not register.settings.visibility_delay_seconds:
        return shift.receipts
    return [receipt for receipt in shift.receipts if register.is_visible(receipt)]
