from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ColumnElement, ForeignKey, Index, Text, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, Money


class Checkout(Base):
    """Keeps a payment taken at the desk. At most one that is not voided for a visit: two tablets cannot charge twice.

    It is for a visit (`record_id`), or for a sale without one (`document_id`, `shared.salon.desk_sales`).

    `form_key` comes with the form: pressed twice, sent twice, it is one checkout. The sums per kind are rows of
    `payment_records`. `cash_received` and `change` are 0 unless cash was among them. `to_client`: the receipt may go
    to the address that Altegio knows.
    """

    __tablename__ = "checkouts"

    company_id: Mapped[int]
    record_id: Mapped[int | None]
    document_id: Mapped[int | None]
    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.id"))
    form_key: Mapped[UUID] = mapped_column(unique=True)
    total: Mapped[Money]
    cash_received: Mapped[Money] = mapped_column(server_default=text("0"))
    change: Mapped[Money] = mapped_column(server_default=text("0"))
    customer_email: Mapped[str | None] = mapped_column(Text)
    customer_phone: Mapped[str | None] = mapped_column(Text)
    customer_xin: Mapped[str | None] = mapped_column(Text)
    to_client: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    voided_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("(record_id IS NULL) <> (document_id IS NULL)", name="one_subject"),
        CheckConstraint("total > 0 AND cash_received >= 0 AND change >= 0", name="amounts_positive"),
        Index("uq_checkouts_live", "company_id", "record_id", unique=True, postgresql_where=text("voided_at IS NULL")),
        Index("ix_checkouts_record", "company_id", "record_id"),
        Index("ix_checkouts_voided_at", "voided_at", postgresql_where=text("voided_at IS NOT NULL")),
        Index(
            "uq_checkouts_live_of_document",
            "company_id",
            "document_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL AND document_id IS NOT NULL"),
        ),
        Index(
            "ix_checkouts_personal",
            "created_at",
            postgresql_where=text("customer_email IS NOT NULL OR customer_phone IS NOT NULL OR customer_xin IS NOT NULL"),
        ),
    )

    @classmethod
    def is_of(cls, company_id: int, record_id: int | None, document_id: int | None) -> ColumnElement[bool]:
        """Returns the condition that a payment is of a sale: of a visit, else of a document."""
        subject = cls.record_id == record_id if record_id is not None else cls.document_id == document_id
        return and_(cls.company_id == company_id, subject)
