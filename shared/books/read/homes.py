"""Says at which cashbox the money of a salon is counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.storage.models import Cashbox


@dataclass(frozen=True, slots=True)
class Homes:
    """Holds each salon's own cashbox, and the one of all others."""

    own: Mapping[int, int]
    default: int | None

    def find(self, company_id: int) -> int | None:
        """Returns the id of the cashbox where the salon's receipts go."""
        return self.own.get(company_id, self.default)


def map_homes(session: Session) -> Homes:
    """Reads which cashbox serves whom."""
    mapped = select(Cashbox.company_id, Cashbox.id).where(Cashbox.enabled, Cashbox.company_id.is_not(None))
    default = session.scalar(select(func.min(Cashbox.id)).where(Cashbox.company_id.is_(None)))
    return Homes({company_id: cashbox_id for company_id, cashbox_id in session.execute(mapped) if company_id}, default)
