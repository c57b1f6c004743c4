from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, Money


class CashCount(Base):
    """Keeps what somebody counted in a drawer before its shift was closed: who, when, how much was expected.

    `form_key` makes a form sent twice one count, and is the key of the one Z-report that comes of it (`order_id`). `notes`:
    how many of each note, where they were counted by notes. `checked_at`: whoever counted has seen the difference, and has
    said why in `reason` where there is one.
    """

    __tablename__ = "cash_counts"

    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id"))
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"))
    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.id"))
    form_key: Mapped[UUID] = mapped_column(unique=True)
    expected: Mapped[Money]
    counted: Mapped[Money]
    notes: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reason: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[Moment | None]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("cashbox_orders.id"), unique=True)

    __table_args__ = (Index("ix_cash_counts_shift_id", "shift_id", postgresql_where=text("order_id IS NOT NULL")),)

    @property
    def difference(self) -> Decimal:
        """Returns how much more was counted than expected; negative where cash is missing."""
        return self.counted - self.expected
