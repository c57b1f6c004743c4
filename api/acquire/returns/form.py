"""Reads a return as a manager typed it, checked against what is left of the sale. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.acquire.payment.form import FormErrors, read_form_key
from api.acquire.returns.reasons import read_reason
from api.acquire.words.text import Text
from shared.fiscal.marks import find_marks_left, read_marks
from shared.fiscal.money import ZERO, round_tiyn
from shared.fiscal.statuses import PaymentKind
from shared.storage.models.desk.return_order import ReturnReason

# What the customer showed of the sale's receipt, as `ReturnOrder` keeps it.
ORIGINALS = ("paper", "electronic", "operator")


@dataclass(frozen=True, slots=True)
class SoldLine:
    """Describes a line of the sale and what of it was not returned yet; `position` is its index in the request.

    `marks`: the codes of the pieces that are left, where the goods are marked.
    """

    position: int
    name: str
    count: Decimal
    total: Decimal
    left_count: Decimal
    left_total: Decimal
    marks: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Says whether what is left is counted in pieces, not weighed."""
        return self.left_count == self.left_count.to_integral_value()


@dataclass(frozen=True, slots=True)
class ReturnWish:
    """Holds what is to be returned, as `ReturnOrder` keeps it. `lines` is empty for everything that is left.

    `sold_anew`: how the same sale was really paid, where that is why it is returned; `cash_received` of its cash.
    """

    form_key: UUID
    reason_code: ReturnReason
    reason: str
    lines: list[dict[str, Any]]
    total: Decimal
    original_shown: str | None = None
    sold_anew: Mapping[PaymentKind, Decimal] | None = None
    cash_received: Decimal = ZERO


def find_left(
    sold: Sequence[Mapping[str, Any]],
    returned: Iterable[Mapping[str, Any]],
    requested: Iterable[Sequence[Mapping[str, Any]]],
) -> list[SoldLine]:
    """Returns the lines of a sale with what is left of each.

    `sold`: Positions of its request; `returned`: positions of return receipts; `requested`: lines of orders that no receipt
    was made of yet.
    """
    lines = [
        SoldLine(index, str(p["PositionName"]), _number(p["Count"]), _total(p), _number(p["Count"]), _total(p))
        for index, p in enumerate(sold)
    ]
    marks: dict[int, list[Sequence[str]]] = {line.position: [] for line in lines}
    for position in returned:
        index = int(position["PositionCode"])
        lines[index] = _without(lines[index], _number(position["Count"]), _total(position))
        marks[index].append(read_marks(position))
    for order in requested:
        lines = _without_order(lines, order)
        for wanted in order:
            marks[int(wanted["position"])].append(wanted.get("marks") or ())
    return [
        replace(line, marks=find_marks_left(sold[line.position], marks[line.position], line.left_count)) for line in lines
    ]


def propose_counts(lines: Sequence[SoldLine], proposed: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    """Returns the fields of a form nobody filled in yet: what Altegio took out of the sale, else everything that is left."""
    if not proposed:
        return {}
    wanted = {int(line["position"]): _number(line["count"]) for line in proposed}
    counts = {line.position: min(wanted.get(line.position, Decimal(0)), line.left_count) for line in lines}
    return {f"count_{position}": f"{count.normalize():f}" if count else "" for position, count in counts.items()}


def _without_order(lines: list[SoldLine], order: Sequence[Mapping[str, Any]]) -> list[SoldLine]:
    if not order:
        return [_without(line, line.left_count, line.left_total) for line in lines]
    for wanted in order:
        line = lines[int(wanted["position"])]
        count = _number(wanted["count"])
        lines[line.position] = _without(line, count, share(line, count))
    return lines


def share(line: SoldLine, count: Decimal) -> Decimal:
    """Returns what `count` of a line gives back; the last part is all that is left, to the tiyn."""
    if count == line.left_count or not line.left_count:
        return line.left_total
    return round_tiyn(line.left_total * count / line.left_count)


def read_return(typed: Mapping[str, str], lines: Sequence[SoldLine]) -> ReturnWish | FormErrors:
    """Returns what is to be returned, or what is wrong by field."""
    errors = FormErrors()
    form_key = read_form_key(typed)
    code, reason = read_reason(typed, errors)
    counts = {line.position: _read_count(line, typed, errors) for line in lines}
    marks = {line.position: _read_marks(line, counts[line.position], typed, errors) for line in lines}
    if not errors.by_field and not any(counts.values()):
        errors.add("lines", Text("Choose at least one line to return."))
    is_everything = all(counts[line.position] == line.left_count for line in lines)
    if form_key is None:
        errors.add("lines", Text("The page is out of date. Check the lines and press once more."))
    if errors.by_field or form_key is None:
        return errors
    total = sum((share(line, counts[line.position]) for line in lines if counts[line.position]), ZERO)
    chosen = [
        {"position": index, "count": f"{count:f}", **({"marks": marks[index]} if marks[index] else {})}
        for index, count in counts.items()
        if count
    ]
    return ReturnWish(
        form_key=form_key,
        reason_code=code,
        reason=reason,
        lines=[] if is_everything else chosen,
        total=total,
        original_shown=read_original(typed),
    )


def read_original(typed: Mapping[str, str]) -> str | None:
    """Returns which copy of the sale's receipt was shown, None for none."""
    shown = typed.get("original_shown")
    return shown if shown in ORIGINALS else None


def _read_marks(line: SoldLine, count: Decimal, typed: Mapping[str, str], errors: FormErrors) -> list[str]:
    """The codes of the pieces that come back: needed where not all of them do."""
    if not count or not line.marks or count == line.left_count:
        return []
    marks = [mark for number, mark in enumerate(line.marks) if typed.get(f"mark_{line.position}_{number}")]
    if len(marks) != count:
        errors.add(f"marks_{line.position}", Text("Choose a code for each piece that comes back."))
    return marks


def _read_count(line: SoldLine, typed: Mapping[str, str], errors: FormErrors) -> Decimal:
    name = f"count_{line.position}"
    compact = re.sub(r"\s", "", typed.get(name, "")[:20]).replace(",", ".")
    if not compact:
        return Decimal(0)
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,3})?", compact):
        errors.add(name, Text("Write how many to return, such as 1."))
        return Decimal(0)
    count = Decimal(compact)
    if count > line.left_count:
        left = f"{line.left_count.normalize():f}"
        errors.add(name, Text("Only %(left)s can still be returned.", left=left))
    return count.normalize() if count else Decimal(0)


def _without(line: SoldLine, count: Decimal, total: Decimal) -> SoldLine:
    left_count, left_total = max(line.left_count - count, Decimal(0)), max(line.left_total - total, ZERO)
    return replace(line, left_count=left_count, left_total=left_total)


def _total(position: Mapping[str, Any]) -> Decimal:
    return round_tiyn(_number(position["Price"]) * _number(position["Count"]) - _number(position.get("Discount") or 0))


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
