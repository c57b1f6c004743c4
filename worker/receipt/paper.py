"""Reads what an answer of Webkassa tells of the paper receipt: whose it is, and the lines the register prints. Pure.

Facts of Webkassa, section 3: `Organization`, `Cashbox{Address, AddressKz, Ofd}`, and `TicketPrintFormat[]` of
`{Order, Type 0 text / 1 base64 image / 2 QR, Value, Style 0/1}`; lookups have the same flat.
"""

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

LineKind = Literal["text", "image", "code"]

_KINDS: dict[str, LineKind] = {"0": "text", "1": "image", "2": "code"}
_MAX_LINES, _MAX_LINE, _MAX_WORDS, _MAX_IMAGE = 500, 1000, 300, 100_000
# What an image begins with, so that nothing else is ever shown as one.
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM")


@dataclass(frozen=True, slots=True)
class PrintLine:
    """Describes one line of a printed receipt: text, an image in base64, or what a QR code says."""

    kind: LineKind
    value: str
    is_bold: bool = False

    def as_json(self) -> dict[str, Any]:
        """Returns the line as `print_layouts.lines` keeps it."""
        return {"kind": self.kind, "value": self.value, "bold": self.is_bold}


@dataclass(frozen=True, slots=True)
class Paper:
    """Describes whose a receipt is, where its register stands and who is its operator. What was not told is None."""

    taxpayer_name: str | None = None
    taxpayer_number: str | None = None
    address: str | None = None
    address_kk: str | None = None
    operator_name: str | None = None
    operator_name_kk: str | None = None
    operator_site: str | None = None
    layout: tuple[PrintLine, ...] = ()


NOTHING_TOLD = Paper()


def read_paper(data: dict[str, Any]) -> Paper:
    """Returns what `Data` of a receipt, or an item of a lookup, tells."""
    register, owner = _object(data.get("Cashbox")) or data, _object(data.get("Organization")) or data
    operator = _object(register.get("Ofd")) or _object(data.get("Ofd"))
    return Paper(
        taxpayer_name=_words(owner.get("TaxPayerName")),
        taxpayer_number=_words(owner.get("TaxPayerIN")),
        address=_words(register.get("Address")),
        address_kk=_words(register.get("AddressKz")),
        operator_name=_words(operator.get("Name")),
        operator_name_kk=_words(operator.get("NameKz")),
        operator_site=_words(operator.get("Host")),
        layout=read_print_lines(data.get("TicketPrintFormat")),
    )


def read_print_lines(rows: Any) -> tuple[PrintLine, ...]:
    """Returns the lines in their order; what is none of the three kinds is left out."""
    if not isinstance(rows, list):
        return ()
    known = [row for row in rows[:_MAX_LINES] if isinstance(row, dict)]
    ordered = sorted(known, key=lambda row: _number(row.get("Order")))
    return tuple(line for row in ordered if (line := _read_line(row)) is not None)


def is_print_of(lines: Iterable[PrintLine], fiscal_number: str | None, link: str | None) -> bool:
    """Says whether the lines name the document: by its number, wherever a narrow roll breaks it, or by its link."""
    printed = "".join("".join(line.value.split()) for line in lines if line.kind != "image")
    return any(name in printed for name in (fiscal_number, link) if name)


def _read_line(row: dict[str, Any]) -> PrintLine | None:
    kind, value = _KINDS.get(str(row.get("Type"))), row.get("Value")
    text = "" if value is None else str(value)
    if kind is None or (kind != "text" and not text):
        return None
    if kind == "image":
        return PrintLine(kind, text) if _is_image(text) else None
    return PrintLine(kind, text[:_MAX_LINE], is_bold=str(row.get("Style")) == "1")


def _is_image(value: str) -> bool:
    if len(value) > _MAX_IMAGE:
        return False
    try:
        return b64decode(value, validate=True).startswith(_IMAGES)
    except ValueError:
        return False


def _number(value: Any) -> int:
    return int(str(value)) if str(value).isdecimal() and len(str(value)) < 9 else _MAX_LINES


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str | None:
    """On one line."""
    text = " ".join(str(value).split()) if isinstance(value, str | int) else ""
    return text[:_MAX_WORDS] or None
