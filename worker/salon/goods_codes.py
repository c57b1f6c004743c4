"""Gives goods the codes of the salon's own table, refuses those without one where that was chosen, and counts lines."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared.storage.models import GoodsCode, GoodsLine
from worker.receipt.lines import CannotBuild, Line
from worker.salon.serving import Salon


def name_goods(session: Session, salon: Salon, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Returns the lines with the salon's codes in the place of Altegio's barcodes. Raises CannotBuild."""
    goods = {line.item_id for line in lines if not line.is_service}
    codes = _load(session, salon.company_id, goods - {None})
    named = tuple(_name(line, codes) for line in lines)
    if salon.policy.goods_codes_required:
        lacking = [line.name for line in named if not line.is_service and not (line.barcode or line.national_code)]
        if lacking:
            raise CannotBuild("goods_without_code", f"no GTIN or NTIN of {', '.join(lacking)}")
    return named


def note_goods_lines(session: Session, company_id: int, receipt_id: int, lines: Sequence[Line]) -> None:
    """Keeps the lines of a sale that are goods, to be counted."""
    goods = [
        {
            "receipt_id": receipt_id,
            "company_id": company_id,
            "good_id": line.item_id,
            "title": line.name,
            "gtin": line.barcode,
            "ntin": line.national_code,
        }
        for line in lines
        if not line.is_service
    ]
    if goods:
        session.execute(insert(GoodsLine), goods)


def forget_goods_lines(session: Session, receipt_id: int) -> None:
    """Counts the lines of a sale no more: it is decided anew, or withdrawn."""
    session.execute(delete(GoodsLine).where(GoodsLine.receipt_id == receipt_id))


def _load(session: Session, company_id: int, goods: set[int | None]) -> dict[int, tuple[str | None, str | None]]:
    if not goods:
        return {}
    query = select(GoodsCode.good_id, GoodsCode.gtin, GoodsCode.ntin)
    rows = session.execute(query.where(GoodsCode.company_id == company_id, GoodsCode.good_id.in_(goods)))
    return {good_id: (gtin, ntin) for good_id, gtin, ntin in rows}


def _name(line: Line, codes: dict[int, tuple[str | None, str | None]]) -> Line:
    if line.is_service or line.item_id not in codes:
        return line
    gtin, ntin = codes[line.item_id]
    return replace(line, barcode=gtin or line.barcode, national_code=ntin or line.national_code)
