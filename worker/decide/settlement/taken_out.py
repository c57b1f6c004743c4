"""Which lines of a receipt Altegio has taken out of the sale by now: what a return would give back. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.fiscal.money import ZERO, round_tiyn
from worker.receipt.lines import Line

# As `ReturnOrder.lines` has them.
ReturnLines = list[dict[str, Any]]


def find_taken_out(sold: Sequence[Mapping[str, Any]], now: Sequence[Line], missing: Decimal) -> ReturnLines | None:
    """Returns the lines of a sale's request that are no longer sold; None where they do not cost what is `missing`.

    Lines are known by their names: Altegio gives a line that is changed another id.
    """
    left: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in now:
        left[line.name] += line.count
    lines: ReturnLines = []
    total = ZERO
    for index, position in enumerate(sold):
        count, name = Decimal(str(position["Count"])), str(position["PositionName"])
        kept = min(count, left[name])
        left[name] -= kept
        if count > kept:
            lines.append({"position": index, "count": f"{count - kept:f}"})
            total += _share(position, count - kept)
    return lines if lines and total == missing else None


def _share(position: Mapping[str, Any], count: Decimal) -> Decimal:
    sold = Decimal(str(position["Count"]))
    whole = round_tiyn(Decimal(str(position["Price"])) * sold - Decimal(str(position.get("Discount") or 0)))
    return round_tiyn(whole * count / sold)
