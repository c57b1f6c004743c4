"""Writes the books as a file: CSV, or a workbook with a sheet for the totals and one for everything else."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from api.acquire.books.labels import ENTRY_LABELS, OPEN_LABELS, WHY_LABELS
from api.acquire.words.i18n import Speaker
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.books.csv_file import write_csv
from shared.books.model import DayBooks, Entry, OpenKind, Why
from shared.books.table import COLUMNS, list_rows
from shared.fiscal.statuses import PaymentKind

HEADERS = {
    "row": Text("Row"),
    "day": Text("Day"),
    "cashbox": Text("Cashbox"),
    "kind": Text("Way of payment"),
    "altegio_paid": Text("Altegio: paid"),
    "altegio_returned": Text("Altegio: taken back"),
    "desk": Text("Taken at our desk, or assumed"),
    "issued": Text("Receipts: sales"),
    "returned": Text("Receipts: returns"),
    "z_report": Text("Z-report"),
    "difference": Text("Difference"),
    "company_id": Text("Salon"),
    "record_id": Text("Visit"),
    "document_id": Text("Sale document"),
    "shift": Text("Shift"),
    "why": Text("Why"),
    "receipts": Text("Fiscal numbers"),
    "note": Text("Note"),
    "age": Text("Days"),
}
ROWS = {
    "total": Text("Total"),
    "money": Text("Other money"),
    "unexplained": Text("Unexplained"),
    "difference": Text("Difference"),
    "reason": Text("No difference"),
    "open": Text("Open at the end of the day"),
    "shift": Text("Z-report differs"),
    "stranger": Text("Not our document"),
    "offline": Text("Autonomous mode"),
    "dead_letter": Text("Not issued"),
}
_WIDTHS = {"note": 40, "receipts": 24, "why": 34, "cashbox": 14, "day": 11}


def write_books_csv(kept: Sequence[tuple[str, DayBooks]], speaker: Speaker) -> bytes:
    """Returns the books as CSV, in the reader's language. `kept`: (factory number of a cashbox, one of its days)."""
    header = [speaker.say(HEADERS[column]) for column in COLUMNS]
    return write_csv(header, COLUMNS, (_say(row, speaker) for row in list_rows(kept))).encode()


def write_books_xlsx(kept: Sequence[tuple[str, DayBooks]], speaker: Speaker) -> bytes:
    """Returns the books as a workbook. No text becomes a formula or a link: words of others are in it."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    rows = list(list_rows(kept))
    import xlsxwriter  # noqa: PLC0415 - four megabytes that most processes never need

    with xlsxwriter.Workbook(out, options) as book:
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        totals = [row for row in rows if row["row"] in ("total", "money")]
        others = [row for row in rows if row["row"] not in ("total", "money")]
        _write_sheet(book.add_worksheet(speaker.say(Text("Totals"))), formats, COLUMNS[1:11], totals, speaker)
        _write_sheet(book.add_worksheet(speaker.say(Text("To look at"))), formats, COLUMNS, others, speaker)
    return out.getvalue()


def _write_sheet(
    sheet: Any, formats: Mapping[str, Any], columns: Sequence[str], rows: Iterable[dict[str, Any]], speaker: Speaker
) -> None:
    for number, column in enumerate(columns):
        sheet.write_string(0, number, speaker.say(HEADERS[column]), formats["head"])
        sheet.set_column(number, number, _WIDTHS.get(column, 16))
    sheet.freeze_panes(1, 0)
    for line, row in enumerate(rows, start=1):
        said = _say(row, speaker)
        for number, column in enumerate(columns):
            _write_cell(sheet, line, number, said[column], formats)


def _write_cell(sheet: Any, line: int, number: int, value: Any, formats: Mapping[str, Any]) -> None:
    """Amounts as numbers that a spreadsheet adds up; ids as text, since it would round the long ones."""
    match value:
        case None:
            return
        case Decimal():
            sheet.write_number(line, number, float(value), formats["money"])
        case date():
            sheet.write_datetime(line, number, value, formats["day"])
        case _:
            sheet.write_string(line, number, str(value))


def _say(row: Mapping[str, Any], speaker: Speaker) -> dict[str, Any]:
    said = dict(row)
    said["row"] = speaker.say(ROWS[row["row"]])
    if row["kind"] in set(PaymentKind):
        said["kind"] = speaker.say(KIND_LABELS[PaymentKind(row["kind"])])
    if row["row"] == "money":
        said["kind"] = speaker.say(ENTRY_LABELS[Entry(row["kind"])])
    if row["row"] == "open":
        said["why"] = speaker.say(OPEN_LABELS[OpenKind(row["why"])])
    if row["why"] in set(Why):
        said["why"] = speaker.say(WHY_LABELS[Why(row["why"])])
    return said
