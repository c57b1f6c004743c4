from sqlalchemy import CheckConstraint, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class GoodsCode(Base):
    """Keeps the codes by which the National Catalogue knows a product of a salon's; they win over Altegio's barcode."""

    __tablename__ = "goods_codes"

    company_id: Mapped[int]
    good_id: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    gtin: Mapped[str | None] = mapped_column(Text)
    ntin: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[Moment] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("company_id", "good_id"),
        CheckConstraint("num_nonnulls(gtin, ntin) > 0", name="has_a_code"),
    )
