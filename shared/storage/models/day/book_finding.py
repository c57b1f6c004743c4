from datetime import date
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Money


class FindingKind(StrEnum):
    """Names the findings that are no difference of one sale; those are called as `shared.books.model.Why` calls them."""

    SHIFT = "shift"
    DEBT = "debt"
    DEPOSITS = "deposits"


class BookFinding(Base):
    """Keeps one thing that the books of a cashbox found and a person has to look at, for as long as it is so.

    `key` names it from look to look. `amount`: paid less issued of a sale, counted less issued of a shift, else what is
    open. `count`: of deposits, how many clients have them; `day`: of what is open, since when.
    """

    __tablename__ = "book_findings"

    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id"))
    key: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)
    amount: Mapped[Money]
    count: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    company_id: Mapped[int | None]
    record_id: Mapped[int | None]
    document_id: Mapped[int | None]
    shift_id: Mapped[int | None]
    receipt_id: Mapped[int | None]

    __table_args__ = (UniqueConstraint("cashbox_id", "key"), Index("ix_book_findings_day", "cashbox_id", "day"))
