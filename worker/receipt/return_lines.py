"""Builds a return receipt from the sale's own stored request: its prices, its tax rate, its basis. Pure.

Returned in parts, a line never gives back more than it cost: the last part is what the earlier ones left, to the tiyn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

from shared.fiscal.marks import find_marks_left, read_marks, write_marks
from shared.fiscal.money import TIYN, ZERO, is_whole, round_tiyn
from shared.fiscal.payment_types import PAYMENT_TYPES
from shared.fiscal.return_ways import find_ways_left, share_returned
from worker.receipt.request import OPERATION_SALE_RETURN, ROUND_NONE, ROUND_POSITIONS, as_number
from worker.receipt.vat import contained_tax


class CannotReturn(Exception):
    """Raised where a return cannot be made; the message says why, in words for the manager."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Describes the sale as Webkassa issued it: what ReturnBasisDetails has to quote, all five facts compulsory.

    `issued_at_text` is repeated to the letter: it is the cashbox's own wording.
    """

    request: Mapping[str, Any]
    total: Decimal
    fiscal_number: str
    issued_at_text: str
    registration_number: str
    offline_mode: bool


@dataclass(frozen=True, slots=True)
class ReturnDraft:
    """Holds a return that adds up: the body for Webkassa, and its sums in tenge."""

    request: dict[str, Any]
    total: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class _Left:
    """What of a position was not returned yet. `marks`: the codes of its pieces, where it has them."""

    count: Decimal
    total: Decimal
    marks: tuple[str, ...] = ()


def build_return(
    basis: Basis, earlier: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]], number: str
) -> ReturnDraft:
    """Returns the return of these lines, or of all that is left. Raises CannotReturn.

    `earlier`: requests of the sale's returns so far; `lines`: [{position, count, marks}], none for all; `number`: its
    external number. `marks`: the codes of the marked pieces that come back, as many as there are.
    """
    left = _find_left(basis.request["Positions"], earlier)
    wanted, sold = _read_wanted(lines, left), basis.request["Positions"]
    chosen = {int(line["position"]): tuple(line.get("marks") or ()) for line in lines}
    positions = [
        _return_position(sold[i], i, count, left[i]) | write_marks(_choose_marks(i, count, left[i], chosen.get(i, ())))
        for i, count in wanted.items()
    ]
    total = sum((_line_total(position) for position in positions), ZERO)
    tax = sum((Decimal(str(position["Tax"])) for position in positions), ZERO)
    return ReturnDraft(_to_request(basis, positions, _allocate(total, basis.request, earlier), number), total, tax)


def _find_left(sold: Sequence[Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]) -> list[_Left]:
    counts = [_amount(position["Count"]) for position in sold]
    totals = [_line_total(position) for position in sold]
    marks: list[list[tuple[str, ...]]] = [[] for _ in sold]
    for request in earlier:
        for position in request["Positions"]:
            index = int(position["PositionCode"])
            counts[index] -= _amount(position["Count"])
            totals[index] -= _line_total(position)
            marks[index].append(read_marks(position))
    return [_Left(counts[i], totals[i], find_marks_left(position, marks[i], counts[i])) for i, position in enumerate(sold)]


def _choose_marks(index: int, count: Decimal, left: _Left, chosen: tuple[str, ...]) -> tuple[str, ...]:
    """As many codes as pieces: all that are left, or those that were chosen. Raises CannotReturn."""
    if not left.marks or count == left.count:
        return left.marks
    if not len(chosen) == len(set(chosen)) == count or not set(chosen) <= set(left.marks):
        raise CannotReturn(f"line {index + 1}: {count} of its codes have to be chosen, of those that were not returned yet")
    return chosen


def _read_wanted(lines: Sequence[Mapping[str, Any]], left: Sequence[_Left]) -> dict[int, Decimal]:
    wanted: dict[int, Decimal] = {}
    for line in lines:
        index = int(line["position"])
        if not 0 <= index < len(left):
            raise CannotReturn(f"the sale has no line {index + 1}")
        wanted[index] = wanted.get(index, Decimal(0)) + _amount(line["count"])
    if not lines:
        wanted = {index: item.count for index, item in enumerate(left) if item.count > 0}
    for index, count in wanted.items():
        if count <= 0 or count > left[index].count:
            raise CannotReturn(f"line {index + 1}: {left[index].count} can still be returned, not {count}")
    if not wanted:
        raise CannotReturn("everything was returned already")
    return wanted


def _return_position(sold: Mapping[str, Any], index: int, count: Decimal, left: _Left) -> dict[str, Any]:
    """`PositionCode` names the line of the sale, so that later returns know what is left of it."""
    total = left.total if count == left.count else round_tiyn(left.total * count / left.count)
    price = _amount(sold["Price"])
    if round_tiyn(price * count) < total:
        price = (total / count).quantize(TIYN, rounding=ROUND_UP)
    rate = sold["TaxPercent"]
    tax = contained_tax(total, int(rate)) if rate else ZERO
    unmarked = {name: value for name, value in sold.items() if name not in ("Mark", "MarkList")}
    return {
        **unmarked,
        "PositionCode": str(index),
        "Count": as_number(count),
        "Price": as_number(price),
        "Discount": as_number(round_tiyn(price * count) - total),
        "Tax": as_number(tax),
    }


def _allocate(total: Decimal, sale: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> dict[int, Decimal]:
    parts = share_returned(total, find_ways_left(sale, earlier))
    if sum(parts.values(), ZERO) != total:
        raise CannotReturn("more than was paid")
    return {PAYMENT_TYPES[kind]: amount for kind, amount in parts.items()}


def _to_request(
    basis: Basis, positions: list[dict[str, Any]], payments: Mapping[int, Decimal], number: str
) -> dict[str, Any]:
    amounts = [_amount(position[name]) for position in positions for name in ("Price", "Discount")]
    amounts += [_amount(p["Price"]) * _amount(p["Count"]) for p in positions] + list(payments.values())
    sale = basis.request
    return {
        "CashboxUniqueNumber": sale["CashboxUniqueNumber"],
        "OperationType": OPERATION_SALE_RETURN,
        "ExternalCheckNumber": number,
        "ExternalOrderNumber": sale["ExternalOrderNumber"],
        "Positions": positions,
        "Payments": [{"Sum": as_number(amount), "PaymentType": kind} for kind, amount in sorted(payments.items())],
        "Change": 0,
        "RoundType": ROUND_POSITIONS if all(is_whole(amount) for amount in amounts) else ROUND_NONE,
        "ReturnBasisDetails": {
            "CheckNumber": basis.fiscal_number,
            "DateTime": basis.issued_at_text,
            "RegistrationNumber": basis.registration_number,
            "Total": as_number(basis.total),
            "IsOffline": basis.offline_mode,
        },
    }


def _line_total(position: Mapping[str, Any]) -> Decimal:
    return round_tiyn(_amount(position["Price"]) * _amount(position["Count"]) - _amount(position["Discount"]))


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise CannotReturn(f"{value!r} is no number") from None
