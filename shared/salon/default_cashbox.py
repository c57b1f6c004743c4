"""Adds the row of the environment's cashbox, which a decision, a command or the set-up may need first."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.storage.models import Cashbox


def ensure_default_cashbox(session: Session, settings: Settings) -> None:
    """Adds a row for the environment's cashbox, unless somebody has it or the environment names none."""
    number = settings.webkassa_shop_id
    if number and session.scalar(select(Cashbox.id).where(Cashbox.unique_number == number)) is None:
        session.execute(insert(Cashbox).values(unique_number=number).on_conflict_do_nothing())
