"""The verdict: Webkassa's ledger against the books, line by line, and what the bridge wants a manager to look at. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.books import Books, DueReceipt
from dev.simulator.altegio.salon import Kind

SALE = 2
PAYMENT_KINDS: Mapping[int, Kind] = {0: "cash", 1: "card", 4: "mobile"}
RETURN_DUE, DIFFERENCE = "return_due", "difference"

LedgerRow = Mapping[str, Any]
# External check number -> what a manager is asked to look at: RETURN_DUE, DIFFERENCE or both.
Flags = Mapping[str, Collection[str]]


@dataclass
class Line:
    """Of one salon and one situation."""

    company_id: int
    story: str
    due: int = 0
    issued: int = 0
    missing: int = 0
    extra: int = 0
    wrong: int = 0
    # Receipts that a manager has to look at; `amiss`: not flagged, flagged as something else, or flagged for nothing.
    turned: int = 0
    flagged: int = 0
    amiss: int = 0
    # Webhooks that were lost, and how many of them belong to something that came out right all the same.
    dropped: int = 0
    recovered: int = 0


@dataclass
class Verdict:
    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.problems


def judge(
    books: Books,
    ledger: Sequence[LedgerRow],
    flags: Flags,
    dropped: Sequence[Envelope],
    cashboxes: Mapping[int, str],
) -> Verdict:
    return _Judge(books, ledger, flags, cashboxes).conclude(dropped)


class _Judge:
    def __init__(self, books: Books, ledger: Sequence[LedgerRow], flags: Flags, cashboxes: Mapping[int, str]) -> None:
        self._books, self._flags, self._cashboxes = books, flags, cashboxes
        self._rows: defaultdict[str, list[LedgerRow]] = defaultdict(list)
        for row in ledger:
            self._rows[str(row["external_check_number"])].append(row)
        self._lines: dict[tuple[int, str], Line] = {}
        self._problems: list[str] = []
        self._spoilt: set[str] = set()

    def conclude(self, dropped: Sequence[Envelope]) -> Verdict:
        for receipt in self._books.receipts:
            self._judge_receipt(receipt)
        for entry in self._books.not_due:
            rows = self._rows.pop(entry.external_check_number, [])
            self._count_extra(self._find_line(entry.company_id, entry.story), entry.external_check_number, len(rows))
        for number, rows in self._rows.items():
            self._count_extra(self._find_line(0, "of nobody"), number, len(rows))
        self._count_dropped(dropped)
        lines = sorted(self._lines.values(), key=lambda line: (line.company_id, line.story))
        return Verdict(lines, self._problems)

    def _find_line(self, company_id: int, story: str) -> Line:
        return self._lines.setdefault((company_id, story), Line(company_id, story))

    def _judge_receipt(self, receipt: DueReceipt) -> None:
        line, number = self._find_line(receipt.company_id, receipt.story), receipt.external_check_number
        rows = self._rows.pop(number, [])
        line.due += receipt.is_certain
        line.issued += bool(rows)
        if not rows and receipt.is_certain:
            line.missing += 1
            self._blame(number, "missing")
        self._count_extra(line, number, len(rows) - 1)
        wrong = find_wrong(rows[0], receipt, self._cashboxes[receipt.company_id]) if rows else None
        if wrong:
            line.wrong += 1
            self._blame(number, wrong)
        self._judge_flags(line, receipt, exists=bool(rows))

    def _judge_flags(self, line: Line, receipt: DueReceipt, *, exists: bool) -> None:
        found = set(self._flags.get(receipt.external_check_number, ()))
        line.turned += receipt.turn is not None and exists
        line.flagged += bool(found)
        amiss = find_amiss(receipt, found) if exists else None
        if amiss:
            line.amiss += 1
            self._blame(receipt.external_check_number, amiss)

    def _count_extra(self, line: Line, number: str, count: int) -> None:
        if count > 0:
            line.extra += count
            self._blame(number, f"{count} receipt(s) that are not due")

    def _blame(self, number: str, what: str) -> None:
        self._spoilt.add(number)
        self._problems.append(f"{number}: {what}")

    def _count_dropped(self, dropped: Sequence[Envelope]) -> None:
        entries = [*self._books.receipts, *self._books.not_due]
        owners = {entry.external_check_number: entry for entry in entries}
        numbers = Counter(filter(None, map(find_number, dropped)))
        for number, count in numbers.items():
            line = self._find_line(owners[number].company_id, owners[number].story)
            line.dropped += count
            line.recovered += 0 if number in self._spoilt else count


def find_wrong(row: LedgerRow, due: DueReceipt, cashbox: str) -> str | None:
    """What a receipt says otherwise than the books."""
    found = {
        "kind of document": row["operation_type"],
        "cashbox": row["cashbox"],
        "lines": sorted((one["name"], Decimal(one["count"]), Decimal(one["sum"])) for one in row["positions"]),
        "total": Decimal(row["total"]),
        "kinds": _merge_kinds(row),
        "tax": Decimal(row["tax"]),
        "barcodes": _find_wrong_barcodes(row, due),
    }
    expected = {
        "kind of document": SALE,
        "cashbox": cashbox,
        "lines": sorted((line.title, Decimal(line.quantity), line.total) for line in due.lines),
        "total": due.total,
        "kinds": due.kinds,
        "tax": due.tax,
        "barcodes": [],
    }
    differing = [f"{name} {found[name]}, due {expected[name]}" for name in expected if found[name] != expected[name]]
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


def find_amiss(receipt: DueReceipt, found: Collection[str]) -> str | None:
    """Money that went back has to be a return due; of another sum or kind a manager may be told either way."""
    if receipt.turn is None:
        return f"flagged as {', '.join(sorted(found))}, and nothing is wrong" if found else None
    accepted = {RETURN_DUE} if receipt.turn == RETURN_DUE else {RETURN_DUE, DIFFERENCE}
    if accepted & set(found):
        return None
    return f"has to be flagged as {receipt.turn}, is flagged as {', '.join(sorted(found)) or 'nothing'}"


def find_number(envelope: Envelope) -> str | None:
    """The receipt a webhook is about; None for what is about none."""
    data, resource = envelope["data"], envelope["resource"]
    if resource == "record":
        return f"altegio_{envelope['resource_id']}"
    if resource not in {"finances_operation", "goods_operations_sale"}:
        return None
    if data["record_id"]:
        return f"altegio_{data['record_id']}"
    return f"altegio_goods_{data['document_id']}" if data["document_id"] else None
