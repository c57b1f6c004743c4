"""The receipt as the register prints it: lines of text and a QR code, by paper and language.

How the real one lays them out is not documented; what is on it is the law's (sixteen items).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.simulator.webkassa.ledger import SELL_RETURN, Receipt
from dev.simulator.webkassa.rules.arithmetic import VAT, Line, read_items
from dev.simulator.webkassa.rules.fields import lowered, read_text
from dev.simulator.webkassa.rules.requisites import to_local

# The words for cash and card are the vendor's, the word for mobile payment is assumed.
PAYMENT_NAMES = {0: "Наличные", 1: "Банковская карта", 4: "Мобильный платеж"}
# PaperKind -> letters a line.
WIDTHS = {0: 48, 3: 32, 12: 80, 13: 80}
_TEXT, _CODE = 0, 2
_OWN, _RUSSIAN, _KAZAKH, _ENGLISH = range(4)
_WORDS = {
    "sale": ("Сату / Продажа", "Продажа", "Сату", "Sale"),
    "return": ("Сатуды қайтару / Возврат продажи", "Возврат продажи", "Сатуды қайтару", "Sale return"),
    "number": ("Түбіртек / Чек №", "Чек №", "Түбіртек №", "Receipt No."),
    "shift": ("Ауысым / Смена", "Смена", "Ауысым", "Shift"),
    "total": ("БАРЛЫҒЫ / ИТОГО", "ИТОГО", "БАРЛЫҒЫ", "TOTAL"),
    "vat": ("ҚҚС / НДС", "НДС", "ҚҚС", "VAT"),
    "sign": ("ФБ / ФП", "ФП", "ФБ", "Fiscal sign"),
    "time": ("Уақыты / Время", "Время", "Уақыты", "Time"),
    "address": ("Мекенжайы / Адрес", "Адрес", "Мекенжайы", "Address"),
    "operator": ("ФДО / ОФД", "ОФД", "ФДО", "Operator"),
    "site": ("Тексеру үшін / Для проверки", "Для проверки", "Тексеру үшін", "Check at"),
    "autonomous": ("АВТОНОМДЫ / АВТОНОМНЫЙ", "АВТОНОМНЫЙ", "АВТОНОМДЫ", "AUTONOMOUS"),
    "taxpayer": ("ЖСН/БСН / ИИН/БИН", "ИИН/БИН", "ЖСН/БСН", "IIN/BIN"),
    "factory": ("БКМ ЗНМ / ЗНМ", "ЗНМ", "БКМ ЗНМ", "Factory No."),
    "registration": ("БКМ ТНМ / РНМ", "РНМ", "БКМ ТНМ", "Registration No."),
}


def format_local(at: datetime) -> str:
    return to_local(at).strftime("%d.%m.%Y %H:%M:%S")


def find_language(header: str) -> int:
    """Of an Accept-Language; what is not named is the register's own."""
    by_prefix = {"ru": _RUSSIAN, "kk": _KAZAKH, "en": _ENGLISH}
    return by_prefix.get(header.strip().lower()[:2], _OWN)


def print_receipt(
    receipt: Receipt,
    url: str,
    taxpayer: Mapping[str, str],
    address: str,
    operator: Mapping[str, Any],
    *,
    paper_kind: int = 0,
    language: int = _OWN,
) -> list[dict[str, Any]]:
    """Type 0 is a line of text, 2 a QR code; Style 1 is bold."""
    width = WIDTHS.get(paper_kind, WIDTHS[0])

    def word(name: str) -> str:
        return _WORDS[name][language]

    def pair(left: str, right: object) -> str:
        return f"{left} {right}" if len(left) + len(str(right)) >= width else f"{left}{right!s:>{width - len(left)}}"

    def list_rows() -> Iterator[tuple[int, str, int]]:
        cashbox, sums = receipt.cashbox, receipt.sums
        yield _TEXT, taxpayer["TaxPayerName"].center(width), 1
        yield _TEXT, f"{word('taxpayer')} {taxpayer['TaxPayerIN']}".center(width), 0
        yield _TEXT, pair(word("number"), receipt.order_number), 0
        yield _TEXT, pair(word("shift"), receipt.shift.number), 0
        yield _TEXT, word("return" if receipt.operation_type == SELL_RETURN else "sale"), 1
        for line, item in zip(sums.lines, map(lowered, read_items(receipt.fields, "positions")), strict=True):
            code = read_text(item.get("gtin")) or read_text(item.get("ntin")) or line.code
            yield from _list_line(line, code, word("vat"), pair)
        yield _TEXT, "-" * width, 0
        for kind, amount in sums.payments:
            yield _TEXT, pair(PAYMENT_NAMES[kind], amount), 0
        yield _TEXT, pair(word("total"), sums.total), 1
        yield _TEXT, pair(word("vat"), sums.tax), 0
        yield _TEXT, pair(word("time"), format_local(receipt.recorded_at)), 0
        yield _TEXT, pair(word("sign"), receipt.check_number), 1
        if receipt.offline:
            yield _TEXT, word("autonomous").center(width), 1
        yield _TEXT, f"{word('address')}: {address}", 0
        yield _TEXT, pair(word("operator"), operator["Name"]), 0
        yield _TEXT, f"{word('site')}: {operator['Host']}", 0
        yield _CODE, url, 0
        yield _TEXT, pair(word("factory"), cashbox.number), 0
        yield _TEXT, pair(word("registration"), cashbox.registration_number), 0

    rows = [
        (kind, part, style)
        for kind, value, style in list_rows()
        for part in ([value] if kind == _CODE else [value[at : at + width] for at in range(0, len(value), width)])
    ]
    return [
        {"Order": order, "Type": kind, "Value": value, "Style": style}
        for order, (kind, value, style) in enumerate(rows, start=1)
    ]


def _list_line(line: Line, code: str, vat: str, pair: Any) -> Iterator[tuple[int, str, int]]:
    yield _TEXT, line.name, 0
    if code:
        yield _TEXT, f"  {code}", 0
    unit = "одн.усл." if line.unit_code == 5114 else "шт"
    yield _TEXT, pair(f"  {line.count.normalize():f} {unit} x {line.price}", line.amount), 0
    if line.discount > Decimal(0):
        yield _TEXT, pair("  -", line.discount), 0
    if line.tax_type == VAT:
        yield _TEXT, pair(f"  {vat} {line.tax_percent}%", line.tax), 0


def read_paper_kind(fields: Mapping[str, Any]) -> int:
    told = read_text(fields.get("paperkind"))
    return int(told) if told.isdecimal() else 0
