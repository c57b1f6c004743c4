from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Computed, ForeignKey, Index, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.storage.models.base import Base, Moment, Money, one_of

_PAID = ("paid_cash", "paid_card", "paid_mobile")


class Receipt(Base):
    """Keeps one fiscal document, sale or return, from the decision to the fiscal number.

    `request` is the exact body for Webkassa without the session token, so that every attempt sends the same.
    `sending_since` is set in a transaction before a call and cleared with its outcome, or when the call did not leave. Found
    set by the next worker, it says that a call may have reached Webkassa. `unknown_since` starts the reconciling of a lost
    answer.
    `attempts` counts all, `budget_used` those that count against RETRY_MAX_ATTEMPTS, from `budget_starts_at` on.
    `next_attempt_at` is None where nobody sees to it any more: issued, refused, or given to a person.
    `paid_back_since`: the whole payment is gone in Altegio, so that the return is no matter of judgement.
    `operation_id`: the payment that it is for alone, a part of what the visit costs; such receipts stand beside the visit's
    sale, which carries the rest.
    `staff_user_id`: who took the payment of a sale or ordered a return; None where Altegio told of it.
    `replaces_id`: the sale of the same thing that said the wrong way of payment and was returned for this one.
    `return_due_lines`: what to return, as lines of `ReturnOrder`, where Altegio took lines out of the sale.
    `number_repeated`: its fiscal number was another receipt's before, from the time when answers were believed unseen.
    `warning`: what Webkassa said beside the document.
    `paid_*`: what the request says was paid in each way, change left out; never written.
    `fiscal_*`, `shift_number`, `registration_number`, `offline_mode`, `issued_at_text` are what a return must quote.
    """

    __tablename__ = "receipts"

    company_id: Mapped[int]
    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id"))
    kind: Mapped[str] = mapped_column(Text)
    record_id: Mapped[int | None]
    document_id: Mapped[int | None]
    operation_id: Mapped[int | None]
    external_check_number: Mapped[str] = mapped_column(Text, unique=True)
    basis_receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"), index=True)
    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"))
    total: Mapped[Money]
    tax: Mapped[Money]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    paid_cash: Mapped[Any] = mapped_column(Numeric, Computed("paid_by(request, 0)", persisted=True), nullable=True)
    paid_card: Mapped[Any] = mapped_column(Numeric, Computed("paid_by(request, 1)", persisted=True), nullable=True)
    paid_mobile: Mapped[Any] = mapped_column(Numeric, Computed("paid_by(request, 4)", persisted=True), nullable=True)

    state: Mapped[str] = mapped_column(Text, server_default=ReceiptState.PENDING)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    budget_used: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    lookups: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    claim_id: Mapped[UUID | None]
    sending_since: Mapped[Moment | None]
    unknown_since: Mapped[Moment | None]
    next_attempt_at: Mapped[Moment | None]
    budget_starts_at: Mapped[Moment] = mapped_column(server_default=text("now()"))
    error_kind: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
    error_text: Mapped[str | None] = mapped_column(Text)
    return_due_reason: Mapped[str | None] = mapped_column(Text)
    return_due_lines: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    paid_back_since: Mapped[Moment | None]
    returned: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    fiscal_number: Mapped[str | None] = mapped_column(Text)
    registration_number: Mapped[str | None] = mapped_column(Text)
    shift_number: Mapped[int | None]
    check_order_number: Mapped[int | None]
    offline_mode: Mapped[bool | None] = mapped_column(Boolean)
    issued_at: Mapped[Moment | None]
    issued_at_text: Mapped[str | None] = mapped_column(Text)
    receipt_url: Mapped[str | None] = mapped_column(Text)
    print_url: Mapped[str | None] = mapped_column(Text)
    warning: Mapped[str | None] = mapped_column(Text)
    number_repeated: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    __table_args__ = (
        one_of("state", ReceiptState),
        one_of("kind", ReceiptKind),
        CheckConstraint("length(external_check_number) BETWEEN 1 AND 50", name="external_check_number_fits"),
        CheckConstraint("total >= 0 AND tax >= 0", name="amounts_positive"),
        CheckConstraint("(record_id IS NULL) <> (document_id IS NULL)", name="one_subject"),
        CheckConstraint("(kind = 'return') = (basis_receipt_id IS NOT NULL)", name="return_has_basis"),
        CheckConstraint("state <> 'issued' OR fiscal_number IS NOT NULL", name="issued_has_fiscal_number"),
        CheckConstraint("operation_id IS NULL OR (kind = 'sale' AND record_id IS NOT NULL)", name="payment_is_of_a_visit"),
        # At most one sale that is neither refused for good nor returned in full, for each visit and each goods document.
        Index(
            "uq_receipts_live_sale_of_record",
            "company_id",
            "record_id",
            unique=True,
            postgresql_where=text(
                "kind = 'sale' AND record_id IS NOT NULL AND operation_id IS NULL AND state <> 'rejected' AND NOT returned"
            ),
        ),
        Index(
            "uq_receipts_live_sale_of_document",
            "company_id",
            "document_id",
            unique=True,
            postgresql_where=text("kind = 'sale' AND document_id IS NOT NULL AND state <> 'rejected' AND NOT returned"),
        ),
        # The same for each payment that has a receipt of its own.
        Index(
            "uq_receipts_sale_of_payment",
            "company_id",
            "operation_id",
            unique=True,
            postgresql_where=text("kind = 'sale' AND operation_id IS NOT NULL AND state <> 'rejected' AND NOT returned"),
        ),
        Index("ix_receipts_payment", "company_id", "operation_id", postgresql_where=text("operation_id IS NOT NULL")),
        Index(
            "ix_receipts_open",
            "cashbox_id",
            "next_attempt_at",
            postgresql_where=text("state IN ('pending', 'unknown')"),
        ),
        Index("ix_receipts_record_id", "record_id"),
        Index(
            "ix_receipts_return_due",
            "id",
            postgresql_where=text("return_due_reason IS NOT NULL AND NOT returned"),
        ),
        Index("ix_receipts_created_at", "created_at"),
        # Lists of all receipts, the newest first, and of those of one sum.
        Index("ix_receipts_moment", text("coalesce(issued_at, created_at)"), "id"),
        Index("ix_receipts_total", "total", text("coalesce(issued_at, created_at)"), "id"),
        # The same of what the list is narrowed to and few are: else all would be walked through for the newest of them.
        Index(
            "ix_receipts_cashier",
            "staff_user_id",
            text("coalesce(issued_at, created_at)"),
            "id",
            postgresql_where=text("staff_user_id IS NOT NULL"),
        ),
        Index(
            "ix_receipts_rejected",
            text("coalesce(issued_at, created_at)"),
            "id",
            postgresql_where=text("state = 'rejected'"),
        ),
        Index("ix_receipts_returned", text("coalesce(issued_at, created_at)"), "id", postgresql_where=text("returned")),
        Index(
            "ix_receipts_goods",
            text("coalesce(issued_at, created_at)"),
            "id",
            postgresql_where=text("document_id IS NOT NULL"),
        ),
        # What a sale has beside its receipt in force, which is seldom anything.
        Index(
            "ix_receipts_beside",
            "company_id",
            "record_id",
            "document_id",
            postgresql_where=text("kind <> 'sale' OR operation_id IS NOT NULL OR state = 'rejected' OR returned"),
        ),
        Index("ix_receipts_document_id", "document_id", postgresql_where=text("document_id IS NOT NULL")),
        Index("ix_receipts_replaces_id", "replaces_id", postgresql_where=text("replaces_id IS NOT NULL")),
        # What a salon sold lately, for whoever sells it again.
        Index("ix_receipts_sold", "company_id", "id", postgresql_where=text("kind = 'sale' AND state = 'issued'")),
        Index(
            "ix_receipts_personal",
            "created_at",
            postgresql_where=text("request ? 'CustomerEmail' OR request ? 'CustomerPhone' OR request ? 'CustomerXin'"),
        ),
        Index("ix_receipts_cashbox_id_issued_at", "cashbox_id", "issued_at"),
        # Sums of a day and of a shift are taken from these alone.
        Index(
            "ix_receipts_issued_at",
            "issued_at",
            postgresql_include=["cashbox_id", "company_id", "state", "kind", "total", "shift_number", *_PAID],
        ),
        Index(
            "ix_receipts_shift",
            "cashbox_id",
            "shift_number",
            postgresql_include=["state", "kind", "registration_number", *_PAID],
        ),
        Index("ix_receipts_fiscal_number", "fiscal_number"),
        # An answer that brings a number again is another request's, and not believed.
        Index(
            "uq_receipts_fiscal_number",
            "cashbox_id",
            "registration_number",
            "fiscal_number",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("fiscal_number IS NOT NULL AND NOT number_repeated"),
        ),
    )
