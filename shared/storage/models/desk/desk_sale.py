from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, Money


class DeskSale(Base):
    """Keeps what was sold at the desk without a visit; its payment is a row of `checkouts`, its work that of a delivery.

    `lines` are those of `shared.salon.desk_sales`. `delivery_id`: the row that is claimed, decided, retried and replayed
    like one that Altegio sent. `cancelled_at`: taken back before a receipt was issued.
    """

    __tablename__ = "desk_sales"

    company_id: Mapped[int]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_records.id", ondelete="CASCADE"), unique=True)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    total: Mapped[Money]
    cancelled_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("total > 0", name="total_positive"),
        Index("ix_desk_sales_company_id", "company_id", "id"),
    )
