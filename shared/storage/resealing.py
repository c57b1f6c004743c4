"""Seals anew, with the first key of the environment, whatever is sealed in the database, so that the key before can go."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Column, Table, select, update
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.storage.models import Base
from shared.storage.sealing import CannotUnseal, is_sealed_with_first, seal, unseal, without_credentials_key

# What the payment page seals, with SECRET_KEY.
_OF_THE_PAGE = ("staff_users",)


@dataclass(slots=True)
class Resealed:
    """Counts what was sealed anew and what was already, and names what no key of the environment opens."""

    anew: int = 0
    already: int = 0
    closed: list[str] = field(default_factory=list)


def reseal_all(session: Session, settings: Settings) -> Resealed:
    """Goes over every column of every table whose name ends in `_sealed`; the caller commits. Raises ConfigurationError."""
    done = Resealed()
    for table, column in _list_columns():
        keys = without_credentials_key(settings) if table.name in _OF_THE_PAGE else settings
        rows = session.execute(select(table.c.id, column).where(column.is_not(None)).order_by(table.c.id).with_for_update())
        for row_id, sealed in rows.all():
            if is_sealed_with_first(keys, sealed):
                done.already += 1
                continue
            try:
                fresh = seal(keys, unseal(keys, sealed))
            except CannotUnseal:
                done.closed.append(f"{column.name} of {table.name} {row_id}")
                continue
            session.execute(update(table).where(table.c.id == row_id).values({column.name: fresh}))
            done.anew += 1
    return done


def _list_columns() -> Iterator[tuple[Table, Column[str]]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_sealed"):
                yield table, column
