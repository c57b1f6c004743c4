from sqlalchemy import Boolean, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.fiscal.statuses import AccountUse, PaymentPurpose, PaymentState
from shared.storage.models.base import Base, Moment, Money, one_of


class PaymentRecord(Base):
    """Keeps money known for a sale: one of Altegio's finance operations (`operation_id`), or a part of a payment taken at
    the desk (`checkout_id`).

    `purpose` keeps fees, deposits and refunds apart from what pays a sale.
    `paid_at` is when it was first told; `changed_at` is Altegio's time of the newest word: a revoked one's end.
    `kind` is None when Altegio did not say where the money went; the configured default stands in.
    `sold_item_type`: what it was paid for, "" where Altegio ties it to nothing sold, None where it says nothing of that.
    `is_outgo`: it left the salon, None where that was not noted yet; `item_title`: the expense item it is booked on.
    `drawer_dismissed_at`: somebody said that it is no movement of the register's drawer.
    `client_id`: whose it is, by Altegio. A payment of several records of a visit names one of them, or the visit alone.
    `moved_from_record_id`, `moved_from_document_id`: the sale that the operation paid before Altegio moved it.
    """

    __tablename__ = "payment_records"

    company_id: Mapped[int]
    operation_id: Mapped[int | None]
    record_id: Mapped[int | None]
    visit_id: Mapped[int | None]
    document_id: Mapped[int | None]
    moved_from_record_id: Mapped[int | None]
    moved_from_document_id: Mapped[int | None]
    kind: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[Money]
    state: Mapped[str] = mapped_column(Text, server_default=PaymentState.ACTIVE)
    purpose: Mapped[str] = mapped_column(Text, server_default=PaymentPurpose.SALE)
    account_id: Mapped[int | None]
    account_title: Mapped[str | None] = mapped_column(Text)
    sold_item_type: Mapped[str | None] = mapped_column(Text)
    client_id: Mapped[int | None]
    is_outgo: Mapped[bool | None] = mapped_column(Boolean)
    item_title: Mapped[str | None] = mapped_column(Text)
    drawer_dismissed_at: Mapped[Moment | None]
    changed_at: Mapped[Moment | None]
    paid_at: Mapped[Moment] = mapped_column(server_default=func.now())
    checkout_id: Mapped[int | None] = mapped_column(ForeignKey("checkouts.id"), index=True)
    webhook_record_id: Mapped[int | None] = mapped_column(ForeignKey("webhook_records.id", ondelete="SET NULL"))

    __table_args__ = (
        one_of("kind", AccountUse),
        one_of("state", PaymentState),
        one_of("purpose", PaymentPurpose),
        UniqueConstraint("company_id", "operation_id"),
        Index("ix_payment_records_company_id_record_id", "company_id", "record_id"),
        Index("ix_payment_records_webhook_record_id", "webhook_record_id"),
        Index("ix_payment_records_paid_at", "paid_at"),
        Index(
            "ix_payment_records_document",
            "company_id",
            "document_id",
            postgresql_where=text("record_id IS NULL AND document_id IS NOT NULL"),
        ),
        Index(
            "ix_payment_records_moved_from_record",
            "company_id",
            "moved_from_record_id",
            postgresql_where=text("moved_from_record_id IS NOT NULL"),
        ),
        Index(
            "ix_payment_records_moved_from_document",
            "company_id",
            "moved_from_document_id",
            postgresql_where=text("moved_from_document_id IS NOT NULL"),
        ),
        # The accounts of a salon are found without reading their payments.
        Index(
            "ix_payment_records_account",
            "company_id",
            "account_id",
            "id",
            postgresql_where=text("account_id IS NOT NULL"),
        ),
        Index("ix_payment_records_visit", "company_id", "visit_id", postgresql_where=text("visit_id IS NOT NULL")),
        Index("ix_payment_records_revoked", "changed_at", postgresql_where=text("state = 'revoked'")),
        # Money on clients' accounts, put there or spent.
        Index("ix_payment_records_accounts", "paid_at", postgresql_where=text("purpose = 'deposit' OR kind = 'deposit'")),
        # Of a visit and none of its records: few, and every sale of a month is asked about them.
        Index(
            "ix_payment_records_visit_alone",
            "company_id",
            "visit_id",
            postgresql_where=text("record_id IS NULL AND visit_id IS NOT NULL"),
        ),
        Index(
            "ix_payment_records_deposits",
            "company_id",
            "client_id",
            postgresql_where=text("purpose = 'deposit' AND client_id IS NOT NULL"),
        ),
    )
