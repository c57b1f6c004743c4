"""Writes the list of receipts as a file: CSV or a workbook."""

import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.acquire.receipts.views import ReceiptRow
from api.acquire.words.i18n import Speaker
from api.acquire.words.text import Text
from shared.books.csv_file import write_csv
from shared.clock import ALMATY

_COLUMNS = {
    "moment": (Text("Date and time"), 18),
    "number": (Text("Fiscal number"), 18),
    "sort": (Text("For what"), 24),
    "name": (Text("Client"), 28),
    "total": (Text("Sum"), 14),
    "ways": (Text("Ways of payment"), 28),
    "cashier": (Text("Cashier"), 20),
    "state": (Text("State"), 28),
}


def write_receipts_csv(rows: Sequence[ReceiptRow], speaker: Speaker) -> bytes:
    """Returns the rows as CSV, in the reader's language."""
    said = [{**one, "moment": one["moment"].isoformat(" ", "minutes")} for one in (_say(row, speaker) for row in rows)]
    return write_csv([speaker.say(label) for label, _ in _COLUMNS.values()], list(_COLUMNS), said).encode()


def write_receipts_xlsx(rows: Sequence[ReceiptRow], speaker: Speaker) -> bytes:
    """Returns the rows as a workbook, in the reader's language. No text becomes a formula or a link: others wrote it."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    import xlsxwriter  # noqa: PLC0415 - four megabytes that most processes never need

    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        money = book.add_format({"num_format": "#,##0.00"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet(speaker.say(Text("Receipts")))
        for number, (label, width) in enumerate(_COLUMNS.values()):
            sheet.write_string(0, number, speaker.say(label), head)
            sheet.set_column(number, number, width)
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(rows, start=1):
            for number, value in enumerate(_say(row, speaker).values()):
                match value:
                    case datetime():
                        sheet.write_datetime(line, number, value, moment)
                    case Decimal():
                        sheet.write_number(line, number, float(value), money)
                    case _:
                        sheet.write_string(line, number, value)
    return out.getvalue()


def _say(row: ReceiptRow, speaker: Speaker) -> dict[str, Any]:
    """In the order of the columns."""
    return {
        "moment": row.moment.astimezone(ALMATY).replace(tzinfo=None),
        "number": row.number,
        "sort": speaker.say(row.sort),
        "name": row.name,
        "total": row.total,
        "ways": ", ".join(f"{speaker.say(label)} {speaker.money(amount)}" for label, amount in row.ways),
        "cashier": row.cashier or "",
        "state": speaker.say(row.label),
    }
