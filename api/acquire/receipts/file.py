"""Writes the list of receipts as a workbook."""

import io
from collections.abc import Sequence
from typing import Any

from api.acquire.receipts.views import ReceiptRow
from api.acquire.words.i18n import Speaker
from api.acquire.words.text import Text
from shared.clock import ALMATY

_COLUMNS = (
    (Text("Date and time"), 18),
    (Text("Fiscal number"), 18),
    (Text("For what"), 24),
    (Text("Client"), 28),
    (Text("Sum"), 14),
    (Text("Ways of payment"), 28),
    (Text("Cashier"), 20),
    (Text("State"), 28),
)


def write_receipts_xlsx(rows: Sequence[ReceiptRow], speaker: Speaker) -> bytes:
    """Returns the rows as a workbook, in the reader's language. No text becomes a formula or a link: others wrote it."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    import xlsxwriter  # noqa: PLC0415 - four megabytes that most processes never need

    with xlsxwriter.Workbook(out, options) as book:
        head, money, moment = (
            book.add_format(style)
            for style in ({"bold": True, "bottom": 1}, {"num_format": "#,##0.00"}, {"num_format": "yyyy-mm-dd hh:mm"})
        )
        sheet = book.add_worksheet(speaker.say(Text("Receipts")))
        for number, (label, width) in enumerate(_COLUMNS):
            sheet.write_string(0, number, speaker.say(label), head)
            sheet.set_column(number, number, width)
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(rows, start=1):
            sheet.write_datetime(line, 0, row.moment.astimezone(ALMATY).replace(tzinfo=None), moment)
            sheet.write_number(line, 4, float(row.total), money)
            for column, text in _say(row, speaker):
                sheet.write_string(line, column, text)
    return out.getvalue()


def _say(row: ReceiptRow, speaker: Speaker) -> list[tuple[int, str]]:
    ways = ", ".join(f"{speaker.say(label)} {speaker.money(amount)}" for label, amount in row.ways)
    texts: list[tuple[int, Any]] = [
        (1, row.number),
        (2, speaker.say(row.sort)),
        (3, row.name),
        (5, ways),
        (6, row.cashier),
        (7, speaker.say(row.label)),
    ]
    return [(column, text or "") for column, text in texts]
