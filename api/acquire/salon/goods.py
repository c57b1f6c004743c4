"""Shows what goods lack a code of the National Catalogue, and takes over a manager's file of codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import Staff
from api.acquire.access.salons import Salons
from api.acquire.words.text import Text
from shared.fiscal.goods_codes import COLUMNS, SHOWN_FAULTS, BadFile, Fault, Why, read_codes
from shared.salon.goods import CodedShare, SoldGoods, list_sold_goods, save_codes
from shared.storage.db import SessionFactory

SHOWN_GOODS = 10


@dataclass(frozen=True, slots=True)
class SalonGoods:
    """Holds what the page says of a salon: its share of lines with a code, and the goods most sold without one."""

    share: CodedShare
    lacking: Sequence[SoldGoods]
    more: int


def describe_goods(session: Session, salons: Salons) -> list[SalonGoods]:
    """Returns those of the salons that sold goods lately."""
    sold = [goods for goods in list_sold_goods(session) if salons.include(goods.company_id)]
    by_salon = groupby(sold, key=lambda goods: goods.company_id)
    return [_describe(company_id, list(goods)) for company_id, goods in by_salon]


def _describe(company_id: int, goods: Sequence[SoldGoods]) -> SalonGoods:
    lacking = [sold for sold in goods if not (sold.gtin or sold.ntin)]
    share = CodedShare(company_id, sum(sold.lines for sold in goods), sum(sold.lines for sold in lacking))
    return SalonGoods(share, lacking[:SHOWN_GOODS], max(0, len(lacking) - SHOWN_GOODS))


def take_over_codes(sessions: SessionFactory, staff: Staff, company_id: int, content: bytes) -> tuple[int, int]:
    """Saves the codes of a file and says how many were set and taken away. Raises BadFile."""
    codes = read_codes(content)
    with sessions.begin() as session:
        kept, removed = save_codes(session, company_id, codes)
        subject = f"salon {company_id}"
        audit.record(session, staff.doer, "goods_codes_changed", subject, company_id=company_id, kept=kept, removed=removed)
    return kept, removed


def explain_faults(problem: BadFile) -> list[Text]:
    """Returns what is wrong with a file, line by line; of many the first ones."""
    return [_explain(fault) for fault in problem.faults[:SHOWN_FAULTS]]


def _explain(fault: Fault) -> Text:
    if fault.why is Why.NO_TABLE:
        return Text("The first line must name the columns %(columns)s.", columns=", ".join(COLUMNS))
    where = {"line": fault.line, "word": fault.word}
    match fault.why:
        case Why.NO_NUMBER:
            return Text("Line %(line)s: “%(word)s” is no number of a product.", **where)
        case Why.TWICE:
            return Text("Line %(line)s: product %(word)s is there twice.", **where)
        case Why.SHORTENED:
            return Text("Line %(line)s: “%(word)s” was shortened by the spreadsheet. Make it a column of text.", **where)
        case _:
            return Text("Line %(line)s: “%(word)s” is neither a GTIN nor an NTIN: look at the digits.", **where)
