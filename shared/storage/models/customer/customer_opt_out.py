from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


class CustomerOptOut(Base):
    """Keeps a client, by Altegio's id, who wants no receipts sent; `actor` is who wrote that down."""

    __tablename__ = "customer_opt_outs"

    company_id: Mapped[int]
    client_id: Mapped[int]
    actor: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("company_id", "client_id"),)
