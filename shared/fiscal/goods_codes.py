"""Reads and writes a salon's table of codes of its goods (GTIN, NTIN of the National Catalogue) as a CSV file. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from shared.books.csv_file import write_csv

LENGTHS = (8, 12, 13, 14)
COLUMNS = ("good_id", "title", "gtin", "ntin")
SHOWN_FAULTS = 10
_MAX_TITLE = 200
_MAX_WORD = 20


class Why(StrEnum):
    """Names what can be wrong with a file, in the words of the command line."""

    NO_TABLE = f"the first line must name the columns {', '.join(COLUMNS)}"
    NO_NUMBER = "is no number of a product"
    TWICE = "is there twice"
    SHORTENED = "was shortened by the spreadsheet: format the column as text"
    NO_CODE = "are not the digits of a GTIN or NTIN"


@dataclass(frozen=True, slots=True)
class Fault:
    """Says what is wrong and where: in which line of the file, with which word of it."""

    why: Why
    line: int = 1
    word: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.word} {self.why}" if self.word else self.why.value


class BadFile(Exception):
    """Raised for a file that cannot be taken over; `faults` are all that was found."""

    def __init__(self, *faults: Fault) -> None:
        more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        super().__init__("; ".join(map(str, faults[:SHOWN_FAULTS])) + more)
        self.faults: Sequence[Fault] = faults


@dataclass(frozen=True, slots=True)
class ProductCodes:
    """Holds the codes of a product of Altegio; both None takes its codes away."""

    good_id: int
    title: str
    gtin: str | None
    ntin: str | None


def is_code(text: str) -> bool:
    """Says whether a text has the shape of a GTIN or NTIN: digits, as many as one of them has."""
    return text.isascii() and text.isdigit() and len(text) in LENGTHS


def is_gtin(text: str) -> bool:
    """Says whether a text is a GTIN: its last digit is the check of the others."""
    if not is_code(text):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text)))
    return weighted % 10 == 0


def write_codes(codes: Iterable[ProductCodes]) -> str:
    """Returns the text of a CSV file that a spreadsheet opens and `read_codes` reads."""
    return write_csv(COLUMNS, COLUMNS, (asdict(code) for code in codes))


def read_codes(content: bytes) -> list[ProductCodes]:
    """Returns the rows of a CSV file, in UTF-8 or Windows-1251, with any of , ; and tab between columns. Raises BadFile."""
    text = _decode(content).lstrip()
    header = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    try:
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        if not {"good_id", "gtin"} <= set(rows.fieldnames):
            raise BadFile(Fault(Why.NO_TABLE))
        return _read_rows(rows)
    except csv.Error:
        raise BadFile(Fault(Why.NO_TABLE)) from None


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    return ""


def _read_rows(rows: "csv.DictReader[str]") -> list[ProductCodes]:
    codes: dict[int, ProductCodes] = {}
    faults: list[Fault] = []
    for row in rows:
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        wrong = _find_fault(cells, codes, rows.line_num) if any(cells.values()) else None
        if wrong is not None:
            faults.append(wrong)
        elif cells["good_id"]:
            good_id = int(cells["good_id"])
            codes[good_id] = ProductCodes(good_id, cells["title"][:_MAX_TITLE], cells["gtin"] or None, cells["ntin"] or None)
    if faults:
        raise BadFile(*faults)
    return list(codes.values())


def _find_fault(cells: Mapping[str, str], known: Mapping[int, ProductCodes], line: int) -> Fault | None:
    good_id = cells["good_id"]
    if not (good_id.isascii() and good_id.isdigit() and len(good_id) < 19 and int(good_id)):
        return Fault(Why.NO_NUMBER, line, good_id[:_MAX_WORD] or "—")
    if int(good_id) in known:
        return Fault(Why.TWICE, line, good_id)
    for code, is_one in ((cells["gtin"], is_gtin), (cells["ntin"], is_code)):
        if code and not is_one(code):
            return Fault(Why.SHORTENED if "e+" in code.lower() else Why.NO_CODE, line, code[:_MAX_WORD])
    return None
