"""The verdict: Webkassa's ledger against what was due, and the bridge's tables against Webkassa's ledger."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dev.simulator.altegio.books import DueReceipt

SALE = 2
TIYN = Decimal("0.01")
# The rate in force on the day of the visits.
VAT_RATE = 16


@dataclass
class Verdict:
    """Every list has to be empty."""

    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    # Ledger and tables disagree about a receipt.
    untrue: list[str] = field(default_factory=list)
    # Processes that ended although nobody killed them.
    died: list[str] = field(default_factory=list)
    overlaps: int = 0
    # Of a worker that was frozen longer than its lease: known and harmless, see docs/reliability.md.
    late_overlaps: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(items) for name, items in self.lists.items()} | {"overlaps": self.overlaps}

    @property
    def lists(self) -> dict[str, list[str]]:
        names = ("missing", "doubled", "wrong", "extra", "untrue", "unsettled", "died")
        return {name: getattr(self, name) for name in names}

    @property
    def is_clean(self) -> bool:
        return not any(self.counts.values())


def judge(
    due: Sequence[DueReceipt],
    ledger: Sequence[Mapping[str, Any]],
    fiscal_numbers: Mapping[str, str],
    unsettled: Collection[str],
) -> Verdict:
    """A refunded receipt may exist once or not at all: it depends on which delivery came first."""
    verdict = Verdict(unsettled=sorted(unsettled))
    books = {receipt.external_check_number: receipt for receipt in due}
    times = Counter(str(row["external_check_number"]) for row in ledger)
    verdict.missing = [number for number, receipt in books.items() if not times[number] and not receipt.refunded]
    verdict.doubled = [number for number, count in times.items() if count > 1]
    for row in ledger:
        _judge_row(verdict, row, books.get(str(row["external_check_number"])), fiscal_numbers)
    recorded = {str(row["check_number"]) for row in ledger}
    verdict.untrue += [f"{n}: {fiscal} is in no ledger" for n, fiscal in fiscal_numbers.items() if fiscal not in recorded]
    return verdict


def _judge_row(verdict: Verdict, row: Mapping[str, Any], due: DueReceipt | None, fiscal_numbers: Mapping[str, str]) -> None:
    number = str(row["external_check_number"])
    if due is None or row["operation_type"] != SALE:
        verdict.extra.append(number)
        return
    problem = _find_wrong_sum(row, due)
    if problem:
        verdict.wrong.append(f"{number}: {problem}")
    if fiscal_numbers.get(number) != row["check_number"]:
        verdict.untrue.append(f"{number}: ledger {row['check_number']}, table {fiscal_numbers.get(number)}")


def _find_wrong_sum(row: Mapping[str, Any], due: DueReceipt) -> str | None:
    tax = sum((compute_tax(line.total) for line in due.lines), Decimal(0))
    paid = sum((Decimal(payment["sum"]) for payment in row["payments"]), Decimal(0))
    lines = sorted(Decimal(position["sum"]) for position in row["positions"])
    found = (Decimal(row["total"]), Decimal(row["tax"]), paid, lines)
    expected = (due.total, tax, due.total, sorted(line.total for line in due.lines))
    return None if found == expected else f"total, tax, payments, lines are {found}, due are {expected}"


def compute_tax(total: Decimal) -> Decimal:
    """VAT inside a price that includes it, to the tiyn."""
    return (total * VAT_RATE / (100 + VAT_RATE)).quantize(TIYN, ROUND_HALF_UP)
