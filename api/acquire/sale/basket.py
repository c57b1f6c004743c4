"""Reads the lines of a sale as they are typed, into what is sold, or into what is wrong with them. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from api.acquire.payment.form import FormErrors, read_typed_amount
from api.acquire.sale.offers import Offer
from api.acquire.words.text import Text
from shared.fiscal.goods_codes import is_code, is_gtin
from shared.fiscal.money import ZERO, InvalidAmount, round_tiyn
from shared.salon.desk_sales import SoldLine

MAX_LINES = 30
SERVICE, GOODS = "service", "goods"
# Of each row of the form, with the row's number behind: `price_0`. `own`: it was written by hand, not chosen.
FIELDS = ("title", "kind", "price", "count", "discount", "own", "item", "gtin", "ntin", "marks")
MAX_TITLE = 128
_MAX_TYPED = {"title": 200, "marks": 4000}
_MAX_WORD = 40
_MAX_PRICE = Decimal(999_999_999)
_MAX_COUNT = Decimal(10_000)
_MAX_MARK = 200
_COUNT = re.compile(r"[0-9]{1,5}([.,][0-9]{1,3})?")
_PERCENT = re.compile(r"([0-9]{1,2}([.,][0-9]{1,2})?|100)\s*%")

Row = dict[str, str]


@dataclass(slots=True)
class Basket:
    """Holds the rows of the form as typed, and what they sell; a row that cannot be read sells nothing."""

    rows: list[Row]
    lines: list[SoldLine | None]
    errors: FormErrors = field(default_factory=FormErrors)

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines if line), ZERO)

    @property
    def sold(self) -> list[SoldLine]:
        return [line for line in self.lines if line]


def read_basket(typed: Mapping[str, str]) -> Basket:
    """Returns the lines that were typed; rows left empty and those of which none is wanted are no lines."""
    return make_basket(_read_rows(typed))


def make_basket(rows: Sequence[Row]) -> Basket:
    """Returns the lines of rows, numbered anew."""
    basket = Basket(list(rows[:MAX_LINES]), [])
    basket.lines = [_read_line(row, number, basket.errors) for number, row in enumerate(basket.rows)]
    if not basket.errors.by_field and basket.total > _MAX_PRICE:
        basket.errors.add("basket", Text("The sum is larger than a receipt can hold."))
    return basket


def add_offer(rows: Iterable[Row], offer: Offer) -> list[Row]:
    """Returns the rows with one more of what was chosen."""
    chosen = write_row(offer.as_line())
    rows = [dict(row) for row in rows]
    same = next((row for row in rows if all(row[name] == chosen[name] for name in ("title", "kind", "price", "own"))), None)
    if same is None:
        return [*rows, chosen]
    if same["count"].isdigit():
        same["count"] = str(int(same["count"]) + 1)
    return rows


def write_row(line: SoldLine) -> Row:
    """Returns a line as its row of the form."""
    return {
        "title": line.title,
        "kind": SERVICE if line.is_service else GOODS,
        "price": _write_number(line.price),
        "count": _write_number(line.count),
        "discount": _write_number(line.discount) if line.discount else "",
        "own": "",
        "item": str(line.item_id or ""),
        "gtin": line.gtin or "",
        "ntin": line.ntin or "",
        "marks": "\n".join(line.marks),
    }


def _write_number(number: Decimal) -> str:
    whole = number == number.to_integral_value()
    return str(int(number)) if whole else f"{number.normalize():f}".replace(".", ",")


def write_fields(rows: Iterable[Row]) -> dict[str, str]:
    """Returns rows as the fields of a form or of an address; empty ones are left out."""
    return {f"{name}_{number}": row[name] for number, row in enumerate(rows) for name in FIELDS if row[name]}


def _read_rows(typed: Mapping[str, str]) -> list[Row]:
    rows = [_read_row(typed, number) for number in range(MAX_LINES + 1)]
    return [row for row in rows if (row["title"].strip() or row["price"].strip()) and row["count"].strip() != "0"]


def _read_row(typed: Mapping[str, str], number: int) -> Row:
    return {name: typed.get(f"{name}_{number}", "")[: _MAX_TYPED.get(name, _MAX_WORD)] for name in FIELDS}


def _read_line(row: Row, number: int, errors: FormErrors) -> SoldLine | None:
    before = len(errors.by_field)
    is_service = row["kind"] != GOODS
    count = _read_count(row["count"], f"count_{number}", errors)
    line = SoldLine(
        title=_read_title(row["title"], f"title_{number}", errors),
        is_service=is_service,
        count=count,
        price=_read_price(row["price"], f"price_{number}", errors),
        discount=ZERO,
        item_id=int(row["item"]) if _is_id(row["item"]) else None,
        **({} if is_service else _read_codes(row, f"gtin_{number}", errors)),
        marks=() if is_service else _read_marks(row["marks"], count, f"marks_{number}", errors),
    )
    if len(errors.by_field) > before:
        return None
    discount = _read_discount(row["discount"], line.full_price, f"discount_{number}", errors)
    return None if discount is None else _with_discount(line, discount)


def _with_discount(line: SoldLine, discount: Decimal) -> SoldLine:
    of_goods = {name: getattr(line, name) for name in ("item_id", "gtin", "ntin", "marks")}
    return SoldLine(line.title, line.is_service, line.count, line.price, discount, **of_goods)


def _read_title(typed: str, name: str, errors: FormErrors) -> str:
    title = " ".join("".join(c if c.isprintable() else " " for c in typed).split())[:MAX_TITLE].rstrip()
    if not title:
        errors.add(name, Text("Write what is sold."))
    return title


def _read_price(typed: str, name: str, errors: FormErrors) -> Decimal:
    try:
        price = read_typed_amount(typed)
    except InvalidAmount:
        price = None
    if price is None or not ZERO < price <= _MAX_PRICE:
        errors.add(name, Text("Write a price in tenge, such as 4 000 or 4 000,50."))
        return ZERO
    return price


def _read_count(typed: str, name: str, errors: FormErrors) -> Decimal:
    compact = typed.strip() or "1"
    count = Decimal(compact.replace(",", ".")) if _COUNT.fullmatch(compact) else ZERO
    if not ZERO < count <= _MAX_COUNT:
        errors.add(name, Text("Write how many, such as 1 or 0,5."))
        return Decimal(1)
    return count


def _read_discount(typed: str, full_price: Decimal, name: str, errors: FormErrors) -> Decimal | None:
    """In tenge or in percent. What costs nothing is no line of a receipt."""
    percent = _PERCENT.fullmatch(typed.strip())
    try:
        discount = _take_percent(full_price, percent[1]) if percent else read_typed_amount(typed) or ZERO
    except InvalidAmount:
        errors.add(name, Text("Write a discount in tenge or in percent: %(examples)s.", examples="500, 10%"))
        return None
    if discount >= full_price:
        errors.add(name, Text("The discount must be less than the price, %(sum)s.", sum=full_price))
        return None
    return discount


def _take_percent(full_price: Decimal, percent: str) -> Decimal:
    return round_tiyn(full_price * Decimal(percent.replace(",", ".")) / 100)


def _read_codes(row: Row, name: str, errors: FormErrors) -> dict[str, str | None]:
    """What was sold with a code before, is sold with it again; a typed one is looked at."""
    gtin, ntin = row["gtin"].strip(), row["ntin"].strip()
    if row["own"] and gtin and not is_gtin(gtin):
        errors.add(name, Text("This is not the number under a barcode (GTIN): look at the digits."))
    return {"gtin": gtin if is_code(gtin) else None, "ntin": ntin if is_code(ntin) else None}


def _read_marks(typed: str, count: Decimal, name: str, errors: FormErrors) -> tuple[str, ...]:
    marks = tuple(typed.split())
    if marks and (len(marks) != count or any(len(mark) > _MAX_MARK for mark in marks)):
        errors.add(name, Text("There must be one marking code for each piece."))
    return marks


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19
