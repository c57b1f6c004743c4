"""Describes a sale made at the desk without a visit: how it is numbered, and its lines as they are stored. Pure.

It takes its place among sale documents: Altegio numbers them above zero, ours are below, so neither is ever taken for the
other, and all that holds of goods over the counter holds of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.fiscal.money import round_tiyn

# The resource of its delivery: no word of Altegio's.
DESK_SALE = "desk_sale"


def number_document(sale_id: int) -> int:
    """Returns the number of a desk sale among sale documents."""
    return -sale_id


def find_desk_sale_id(document_id: int | None) -> int | None:
    """Returns the id of the desk sale that a document is; None for one of Altegio's, and for none."""
    return -document_id if document_id is not None and document_id < 0 else None


@dataclass(frozen=True, slots=True)
class SoldLine:
    """Describes a line: `price` is per unit, `discount` for the whole line, in tenge.

    `item_id` is Altegio's id of the product where it is known; `gtin` and `ntin` its codes, `marks` one code for each piece.
    """

    title: str
    is_service: bool
    count: Decimal
    price: Decimal
    discount: Decimal
    item_id: int | None = None
    gtin: str | None = None
    ntin: str | None = None
    marks: tuple[str, ...] = ()

    @property
    def full_price(self) -> Decimal:
        return round_tiyn(self.price * self.count)

    @property
    def total(self) -> Decimal:
        return self.full_price - self.discount

    def as_json(self) -> dict[str, Any]:
        """Returns what `read_line` reads; sums are texts, so that no reader makes floats of them."""
        return {
            "title": self.title,
            "is_service": self.is_service,
            "count": f"{self.count:f}",
            "price": f"{self.price:f}",
            "discount": f"{self.discount:f}",
            "item_id": self.item_id,
            "gtin": self.gtin,
            "ntin": self.ntin,
            "marks": list(self.marks),
        }


def read_line(stored: Mapping[str, Any]) -> SoldLine:
    """Returns a line that `as_json` wrote."""
    count, price, discount = (Decimal(stored[name]) for name in ("count", "price", "discount"))
    of_goods = {name: stored[name] for name in ("item_id", "gtin", "ntin")}
    marks = tuple(stored["marks"])
    return SoldLine(stored["title"], stored["is_service"], count, price, discount, marks=marks, **of_goods)
