"""Lists what a salon may sell at the desk: what it sold before, by its own receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.salon.known import find_known_salons
from shared.config import Settings
from shared.fiscal.money import ZERO
from shared.salon.desk_sales import SoldLine
from shared.storage.models import Cashbox

SHOWN = 60
# So many receipts back: what is asked for daily is among them, and reading them takes some milliseconds.
_RECEIPTS = 400
# Receipts of single payments and deposits name no price of anything. PositionType 2 is a service.
_SOLD = text(
    """
    WITH sold AS (
        SELECT id, request FROM receipts
        WHERE company_id = :company AND kind = 'sale' AND state = 'issued' AND operation_id IS NULL
        ORDER BY id DESC LIMIT :receipts
    )
    SELECT line->>'PositionName' AS title, line->>'PositionType' = '2' AS is_service,
           (array_agg((line->>'Price')::numeric ORDER BY sold.id DESC))[1] AS price,
           max(goods.good_id) AS item_id, max(line->>'GTIN') AS gtin, max(line->>'NTIN') AS ntin, count(*) AS times
    FROM sold CROSS JOIN LATERAL jsonb_array_elements(sold.request->'Positions') AS line
    LEFT JOIN goods_lines AS goods ON goods.receipt_id = sold.id AND goods.title = line->>'PositionName'
    WHERE line->>'PositionName' NOT LIKE 'Предоплата%'
    GROUP BY 1, 2 ORDER BY times DESC, max(sold.id) DESC LIMIT :shown
    """
)


@dataclass(frozen=True, slots=True)
class Offer:
    """Describes what was sold before; `price` is what was asked for it last, for one."""

    title: str
    is_service: bool
    price: Decimal
    item_id: int | None
    gtin: str | None
    ntin: str | None
    times: int

    @property
    def key(self) -> str:
        """Returns what the form names it by."""
        return f"{'s' if self.is_service else 'g'}:{self.title}"

    def as_line(self) -> SoldLine:
        """Returns one of it at its price."""
        codes = {"item_id": self.item_id, "gtin": self.gtin, "ntin": self.ntin}
        return SoldLine(self.title, self.is_service, Decimal(1), self.price, ZERO, **codes)  # type: ignore[arg-type]


def list_offers(session: Session, company_id: int) -> Sequence[Offer]:
    """Returns what the salon sold lately, the most frequent first."""
    values = {"company": company_id, "receipts": _RECEIPTS, "shown": SHOWN}
    return [Offer(*row) for row in session.execute(_SOLD, values)]


def list_selling_salons(session: Session, settings: Settings, salons: Salons) -> dict[int, str]:
    """Returns the salons that somebody may sell for, by Altegio's company ids, with what their register is called."""
    companies = sorted(one for one in find_known_salons(session) | settings.company_ids if salons.include(one))
    named = select(Cashbox.company_id, Cashbox.name).where(Cashbox.enabled, Cashbox.company_id.in_(companies))
    names = {company_id: name for company_id, name in session.execute(named) if name}
    return {company_id: names.get(company_id, str(company_id)) for company_id in companies}
