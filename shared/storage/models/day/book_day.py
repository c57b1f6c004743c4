from datetime import date
from typing import Any

from sqlalchemy import Date, ForeignKey, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, Money


class BookDay(Base):
    """Keeps what a look into the books of a cashbox's day found: what its receipts add up to, how many sales differ.

    `issued`: sales less returns; `names`: sums by name, as `shared.books.day` writes them.
    `differing`: the differences added up without their signs. `books`: all of it, as `shared.books.kept` writes it, None
    where the look was before that was kept.
    """

    __tablename__ = "book_days"

    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id"))
    day: Mapped[date] = mapped_column(Date)
    checked_at: Mapped[Moment]
    issued: Mapped[Money]
    receipts: Mapped[int] = mapped_column(Integer)
    returned: Mapped[Money]
    returns: Mapped[int] = mapped_column(Integer)
    differences: Mapped[int] = mapped_column(Integer)
    differing: Mapped[Money]
    names: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    books: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (UniqueConstraint("cashbox_id", "day"),)
