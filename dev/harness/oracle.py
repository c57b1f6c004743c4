"""The verdict: Webkassa's ledger against the books, and the bridge's tables against both. Pure.

A column of the oracle is a function in `COLUMNS` that yields what it finds; every column has to be empty.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.books import Books, DueReceipt, NotDue
from dev.simulator.altegio.salon import Kind

SALE, RETURN = 2, 3
# Of a return: that of its sale, and which return of it.
RETURN_NUMBER = re.compile(r"(.+)_r\d+")
PAYMENT_KINDS: Mapping[int, Kind] = {0: "cash", 1: "card", 4: "mobile"}
RETURN_DUE, DIFFERENCE = "return_due", "difference"

LedgerRow = Mapping[str, Any]


@dataclass
class Evidence:
    """What the books say, what Webkassa recorded, and what the bridge's tables hold at the end."""

    books: Books
    ledger: Sequence[LedgerRow]
    # Company -> the register's number.
    cashboxes: Mapping[int, str]
    # As `Tables.find_issued`, `find_flags` and `find_said` give them.
    issued: Mapping[str, str]
    flags: Mapping[str, Collection[str]]
    said: Mapping[str, str] = field(default_factory=dict)
    # Where deliveries overtake each other, which kinds were known when a receipt was due is a matter of luck, and so is
    # what a manager is told of them afterwards.
    in_order: bool = True
    # The service returns by itself what was paid back.
    returns_alone: bool = False
    # Columns whose entries the suite has found itself, one line each.
    noted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: Mapping[str, list[LedgerRow]] = field(init=False)
    # What was returned of a sale, by its number.
    returned: Mapping[str, Decimal] = field(init=False)

    def __post_init__(self) -> None:
        rows: defaultdict[str, list[LedgerRow]] = defaultdict(list)
        returned: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in self.ledger:
            number, of_return = str(row["external_check_number"]), RETURN_NUMBER.fullmatch(row["external_check_number"])
            if of_return and row["operation_type"] == RETURN:
                returned[of_return[1]] += Decimal(row["total"])
            else:
                rows[number].append(row)
        self.rows, self.returned = dict(rows), dict(returned)

    def find_recorded(self) -> Iterator[tuple[DueReceipt, LedgerRow]]:
        """Receipts that are due, and what was recorded of each first."""
        for receipt in self.books.receipts:
            for row in self.rows.get(receipt.external_check_number, [])[:1]:
                yield receipt, row


@dataclass(frozen=True)
class Finding:
    column: str
    number: str
    what: str = ""

    def __str__(self) -> str:
        return f"{self.number}: {self.what}" if self.what else self.number


@dataclass
class Verdict:
    findings: list[Finding]
    # Also the columns that are empty.
    columns: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def count(self, column: str) -> int:
        return sum(one.column == column for one in self.findings)

    def format(self, most: int = 40) -> str:
        counts = "  ".join(f"{column} {self.count(column)}" for column in self.columns)
        lines = [f"  {one.column}: {one}" for one in self.findings[:most]]
        more = [f"  and {len(self.findings) - most} more"] if len(self.findings) > most else []
        return "\n".join([counts, *lines, *more, "CLEAN" if self.is_clean else "NOT CLEAN"])


def judge(evidence: Evidence) -> Verdict:
    columns = {column: find for column, find in COLUMNS.items() if evidence.in_order or column not in NEED_ORDER}
    findings = [Finding(column, *found) for column, find in columns.items() for found in find(evidence)]
    findings += [Finding(column, line) for column, lines in evidence.noted.items() for line in lines]
    return Verdict(findings, (*columns, *evidence.noted))


# A number and what is wrong about it.
Found = Iterator[tuple[str, str]]


def _find_missing(evidence: Evidence) -> Found:
    """Money that went back at once may have a receipt or none: it depends on which delivery came first."""
    for receipt in evidence.books.receipts:
        if receipt.is_certain and receipt.external_check_number not in evidence.rows:
            yield receipt.external_check_number, "is due, and is not recorded"


def _find_doubled(evidence: Evidence) -> Found:
    for number, rows in evidence.rows.items():
        if len(rows) > 1:
            yield number, f"is recorded {len(rows)} times"


def _find_extra(evidence: Evidence) -> Found:
    for number in evidence.rows:
        if evidence.books.find_receipt(number) is None:
            yield number, "is recorded, and is not due"


def _find_wrong(evidence: Evidence) -> Found:
    for receipt, row in evidence.find_recorded():
        wrong = describe_wrong(row, receipt, evidence.cashboxes[receipt.company_id], with_kinds=evidence.in_order)
        if wrong:
            yield receipt.external_check_number, wrong


def _find_untrue(evidence: Evidence) -> Found:
    """Ledger and tables disagree about a receipt. The ledger gives a number once, so one that two rows have is found too."""
    for receipt, row in evidence.find_recorded():
        number = receipt.external_check_number
        if evidence.issued.get(number) != row["check_number"]:
            yield number, f"ledger {row['check_number']}, table {evidence.issued.get(number)}"
    recorded = {(str(row["external_check_number"]), str(row["check_number"])) for row in evidence.ledger}
    for number, fiscal in evidence.issued.items():
        if (number, fiscal) not in recorded:
            yield number, f"{fiscal} is no document of this number"


def _find_amiss(evidence: Evidence) -> Found:
    """A manager is not told of what happened to a receipt, or is told of what did not."""
    judged: list[DueReceipt | NotDue] = [receipt for receipt, _ in evidence.find_recorded()]
    for one in judged + list(evidence.books.not_due):
        number = one.external_check_number
        if number in evidence.returned:
            continue
        amiss = describe_amiss(one, evidence.flags.get(number, ()), evidence.said.get(number, ""))
        if amiss:
            yield number, amiss


def _find_kept_returned(evidence: Evidence) -> Found:
    """The salon has the money, and a return says otherwise."""
    for receipt in evidence.books.receipts:
        if receipt.money == "kept" and receipt.external_check_number in evidence.returned:
            yield receipt.external_check_number, "is returned, and its money was kept"


def _find_given_back_kept(evidence: Evidence) -> Found:
    """The money went back, and the receipt stands: without a word, or where the service had to return it by itself."""
    for receipt, _ in evidence.find_recorded():
        number, returned = receipt.external_check_number, evidence.returned.get(receipt.external_check_number)
        is_told = bool(evidence.flags.get(number)) and not (evidence.returns_alone and receipt.money == "gone")
        wanted = receipt.total if receipt.returned is None else receipt.returned
        if receipt.turn and receipt.money != "kept" and returned != wanted and not is_told:
            yield number, f"was given back, returned is {returned or 'nothing'} of {wanted}"


COLUMNS: Mapping[str, Callable[[Evidence], Found]] = {
    "missing": _find_missing,
    "doubled": _find_doubled,
    "extra": _find_extra,
    "wrong": _find_wrong,
    "untrue": _find_untrue,
    "amiss": _find_amiss,
    "kept_returned": _find_kept_returned,
    "given_back_kept": _find_given_back_kept,
}
NEED_ORDER = {"amiss", "given_back_kept"}


def describe_wrong(row: LedgerRow, due: DueReceipt, cashbox: str, *, with_kinds: bool = True) -> str | None:
    """What a receipt says otherwise than the books."""
    kinds = _merge_kinds(row)
    recorded = sorted((one["name"], Decimal(one["count"]), Decimal(one["sum"])) for one in row["positions"])
    # Found and expected.
    compared: dict[str, tuple[object, object]] = {
        "kind of document": (row["operation_type"], SALE),
        "cashbox": (row["cashbox"], cashbox),
        "lines": (recorded, sorted((line.title, Decimal(line.quantity), line.total) for line in due.lines)),
        "total": (Decimal(row["total"]), due.total),
        "kinds": (kinds, due.kinds) if with_kinds else (sum(kinds.values()), due.total),
        "tax": (Decimal(row["tax"]), due.tax),
        "barcodes": (_find_wrong_barcodes(row, due), []),
    }
    differing = [f"{name} {found}, due {expected}" for name, (found, expected) in compared.items() if found != expected]
    return "; ".join(differing) or None


def _merge_kinds(row: LedgerRow) -> dict[Kind, Decimal]:
    kinds: defaultdict[Kind, Decimal] = defaultdict(Decimal)
    for payment in row["payments"]:
        kinds[PAYMENT_KINDS[payment["type"]]] += Decimal(payment["sum"])
    kinds["cash"] -= Decimal(row["change"])
    return {kind: amount for kind, amount in kinds.items() if amount}


def _find_wrong_barcodes(row: LedgerRow, due: DueReceipt) -> list[str]:
    """A receipt need not say one; what it says has to be the barcode of that product."""
    right = {line.title: line.barcode for line in due.lines}
    wrong = []
    for position in row["request"]["Positions"]:
        fields = {str(name).upper(): value for name, value in position.items()}
        said = {str(fields[name]) for name in ("GTIN", "NTIN") if fields.get(name)}
        wrong += sorted(said - {right.get(str(position["PositionName"]), "")})
    return wrong


def describe_amiss(one: DueReceipt | NotDue, found: Collection[str], said: str) -> str | None:
    """Money that went back has to be a return due; of another sum or kind a manager may be told either way.

    `said`: the reasons whoever decides is shown; every sum the books want told has to be among their words.
    """
    if isinstance(one, NotDue):
        is_silent = one.asked_at is not None and not said
        return "a person has to be asked, and nobody is" if is_silent else _describe_untold(one.told, said)
    if one.turn is None:
        return f"flagged as {', '.join(sorted(found))}, and nothing is wrong" if found else None
    accepted = {RETURN_DUE} if one.turn == RETURN_DUE else {RETURN_DUE, DIFFERENCE}
    if accepted & set(found):
        return _describe_untold(one.told, said)
    return f"has to be flagged as {one.turn}, is flagged as {', '.join(sorted(found)) or 'nothing'}"


def _describe_untold(told: Collection[Decimal], said: str) -> str | None:
    sums = {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", said)}
    untold = [str(amount) for amount in told if amount not in sums]
    return f"does not tell {' and '.join(untold)}: {said}" if untold else None
