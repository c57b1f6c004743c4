"""Knows the goods of a salon by their codes: counts lines sold without one, lists them, keeps the salon's own table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.fiscal.goods_codes import ProductCodes
from shared.storage.models import GoodsCode

# Fewer lines say nothing of a salon.
FEW_LINES = 10
# So far back lines are counted and listed.
DAYS = 30
# A line whose product got its code meanwhile has one: what counts is what the next receipt would say.
_SOLD = """
    SELECT line.company_id, line.good_id, line.title, line.created_at AS sold_at,
           coalesce(code.gtin, line.gtin) AS gtin, coalesce(code.ntin, line.ntin) AS ntin
    FROM goods_lines AS line
    LEFT JOIN goods_codes AS code ON code.company_id = line.company_id AND code.good_id = line.good_id
    WHERE line.created_at > now() - make_interval(days => :days)
"""
_LIST = text(
    f"""
    SELECT company_id, good_id, (array_agg(title ORDER BY sold_at DESC))[1] AS title, max(gtin) AS gtin, max(ntin) AS ntin,
           count(*) AS lines, max(sold_at) AS sold_at
    FROM ({_SOLD}) AS sold WHERE :company IS NULL OR company_id = :company
    GROUP BY company_id, good_id, CASE WHEN good_id IS NULL THEN title END
    HAVING NOT :without_code OR num_nonnulls(max(gtin), max(ntin)) = 0
    ORDER BY company_id, lines DESC, title
    """  # noqa: S608 -- nothing but the words above
).bindparams(bindparam("company", type_=BigInteger))
_COUNT = text(
    f"SELECT company_id, count(*), count(*) FILTER (WHERE num_nonnulls(gtin, ntin) = 0) FROM ({_SOLD}) AS sold"  # noqa: S608
    " GROUP BY company_id ORDER BY company_id"
)


@dataclass(frozen=True, slots=True)
class SoldGoods:
    """Describes a product that was sold lately: in how many lines, when last, and the codes that its next line would have.

    `good_id` is None where Altegio told none; then only a barcode in Altegio can help.
    """

    company_id: int
    good_id: int | None
    title: str
    gtin: str | None
    ntin: str | None
    lines: int
    sold_at: datetime


@dataclass(frozen=True, slots=True)
class CodedShare:
    """Counts the goods lines of a salon's receipts, and those without a code."""

    company_id: int
    lines: int
    without: int

    @property
    def percent(self) -> int:
        """Returns the share of lines with a code, rounded down: 100 is all of them."""
        return (self.lines - self.without) * 100 // self.lines


def list_sold_goods(session: Session, company_id: int | None = None, *, without_code: bool = False) -> Sequence[SoldGoods]:
    """Returns the products of receipts of the last `DAYS`, the most sold of a salon first; of one salon or of all."""
    rows = session.execute(_LIST, {"company": company_id, "without_code": without_code, "days": DAYS})
    return [SoldGoods(*row) for row in rows]


def count_coded(session: Session) -> Sequence[CodedShare]:
    """Returns the count of each salon that sold goods in the last `DAYS`."""
    return [CodedShare(*row) for row in session.execute(_COUNT, {"days": DAYS})]


def list_codes(session: Session, company_id: int) -> list[ProductCodes]:
    """Returns the salon's table, and after it what it sold lately without a code: a file to be filled in."""
    kept = select(GoodsCode).where(GoodsCode.company_id == company_id).order_by(GoodsCode.title, GoodsCode.good_id)
    codes = [ProductCodes(row.good_id, row.title, row.gtin, row.ntin) for row in session.scalars(kept)]
    lacking = list_sold_goods(session, company_id, without_code=True)
    return codes + [ProductCodes(sold.good_id, sold.title, None, None) for sold in lacking if sold.good_id]


def save_codes(session: Session, company_id: int, codes: Iterable[ProductCodes]) -> tuple[int, int]:
    """Takes over the rows of a file; a product that is not in it keeps its codes. Returns how many were set, and removed."""
    known = list(codes)
    kept = [
        {"company_id": company_id, "good_id": code.good_id, "title": code.title, "gtin": code.gtin, "ntin": code.ntin}
        for code in known
        if code.gtin or code.ntin
    ]
    if kept:
        statement = insert(GoodsCode)
        values = {name: statement.excluded[name] for name in ("title", "gtin", "ntin")}
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[GoodsCode.company_id, GoodsCode.good_id], set_={**values, "changed_at": func.now()}
            ),
            kept,
        )
    empty = [code.good_id for code in known if not (code.gtin or code.ntin)]
    gone = delete(GoodsCode).where(GoodsCode.company_id == company_id, GoodsCode.good_id.in_(empty))
    return len(kept), session.execute(gone).rowcount  # type: ignore[attr-defined]
