from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


class GoodsLine(Base):
    """Keeps a line of a sale that is goods, with the codes it went out with, to be counted without reading receipts.

    `good_id` is None where Altegio told no product.
    """

    __tablename__ = "goods_lines"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id", ondelete="CASCADE"), index=True)
    company_id: Mapped[int]
    good_id: Mapped[int | None]
    title: Mapped[str] = mapped_column(Text)
    gtin: Mapped[str | None] = mapped_column(Text)
    ntin: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_goods_lines_created_at", "created_at"),)
