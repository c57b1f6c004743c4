from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.fiscal.statuses import NoMoney
from shared.storage.models.base import Base, Money, one_of


class LoyaltyRecord(Base):
    """Keeps what paid for a part of a sale and is no money: one of Altegio's loyalty transactions (`transaction_id`).

    Only Altegio's answers tell of it, never a webhook; what an answer lacks by now is deleted here.
    """

    __tablename__ = "loyalty_records"

    company_id: Mapped[int]
    transaction_id: Mapped[int]
    record_id: Mapped[int | None]
    document_id: Mapped[int | None]
    means: Mapped[str] = mapped_column(Text)
    amount: Mapped[Money]

    __table_args__ = (
        one_of("means", NoMoney),
        UniqueConstraint("company_id", "transaction_id"),
        Index("ix_loyalty_records_record", "company_id", "record_id", postgresql_where=text("record_id IS NOT NULL")),
        Index("ix_loyalty_records_document", "company_id", "document_id", postgresql_where=text("document_id IS NOT NULL")),
    )
