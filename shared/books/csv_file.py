"""Writes rows as a CSV file that Excel opens as it is. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# A spreadsheet would run a text that begins like this; words of Altegio and Webkassa are nobody's formula.
_FORMULA = re.compile(r"^[=+\-@\t\r]")
# Excel reads UTF-8 only with a mark.
BYTE_ORDER_MARK = "\ufeff"


def write_csv(header: Sequence[str], columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Returns the text of a CSV file: a byte order mark, the header, and of each row the named columns in their order."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_show(row[column]) for column in columns])
    return BYTE_ORDER_MARK + out.getvalue()


def _show(value: Any) -> Any:
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value
