"""The strict reading of a return's basis: it must be a receipt of ours and give back no more than was paid.

Nobody knows whether the real service looks that closely, so it is a switch, off by default.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dev.simulator.webkassa.ledger import BUY, BUY_RETURN, SELL, SELL_RETURN, Receipt
from dev.simulator.webkassa.rules.arithmetic import compute_total
from dev.simulator.webkassa.rules.fields import (
    Fields,
    format_ru,
    list_true,
    lowered,
    read_amount,
    read_bool,
    read_int,
    read_text,
)
from dev.simulator.webkassa.rules.requisites import parse_basis_date, to_local

ORIGINALS = {BUY_RETURN: BUY, SELL_RETURN: SELL}


def find_faults(fields: Fields, receipts: Mapping[str, Receipt], returned: Mapping[str, Decimal]) -> list[str]:
    kind = read_int(fields.get("operationtype"))
    basis = _read_basis(fields)
    if kind not in ORIGINALS or not basis:
        return []
    number = read_text(basis.get("checknumber"))
    original = receipts.get(number)
    if original is None or original.operation_type != ORIGINALS[kind]:
        return [f"Чек основания № {number} не найден"]
    rest, total = original.sums.total - returned.get(number, Decimal(0)), compute_total(fields)
    return list_true(
        *((not right, f"Данные чека основания неверны: {name}") for name, right in _compare(basis, original).items()),
        (total > rest, f"Сумма возврата ({format_ru(total)}) превышает остаток по чеку основания ({format_ru(rest)})"),
    )


def count_return(receipt: Receipt, returned: dict[str, Decimal]) -> None:
    number = read_text(_read_basis(receipt.fields).get("checknumber"))
    if receipt.operation_type in ORIGINALS and number:
        returned[number] = returned.get(number, Decimal(0)) + receipt.sums.total


def _read_basis(fields: Fields) -> dict[str, Any]:
    basis = fields.get("returnbasisdetails")
    return lowered(basis) if isinstance(basis, Mapping) else {}


def _compare(basis: Fields, original: Receipt) -> dict[str, bool]:
    # A time without seconds was accepted by the real service, so zero seconds mean the minute.
    at = to_local(original.recorded_at).replace(tzinfo=None, microsecond=0)
    return {
        "DateTime": parse_basis_date(read_text(basis.get("datetime"))) in {at, at.replace(second=0)},
        "RegistrationNumber": read_text(basis.get("registrationnumber")) == original.cashbox.registration_number,
        "Total": read_amount(basis.get("total")) == original.sums.total,
        "IsOffline": read_bool(basis.get("isoffline")) == original.offline,
    }
