"""First tables"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "cashboxes",
        sa.Column("unique_number", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cashboxes")),
        sa.UniqueConstraint("company_id", name=op.f("uq_cashboxes_company_id")),
        sa.UniqueConstraint("unique_number", name=op.f("uq_cashboxes_unique_number")),
    )
    op.create_table(
        "staff_users",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('cashier', 'manager')", name=op.f("ck_staff_users_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_users")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_users_login")),
    )
    op.create_table(
        "receipts",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("external_check_number", sa.Text(), nullable=False),
        sa.Column("basis_receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("budget_used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lookups", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("sending_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unknown_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("budget_starts_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_text", sa.Text(), nullable=True),
        sa.Column("return_due_reason", sa.Text(), nullable=True),
        sa.Column("returned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("fiscal_number", sa.Text(), nullable=True),
        sa.Column("registration_number", sa.Text(), nullable=True),
        sa.Column("shift_number", sa.BigInteger(), nullable=True),
        sa.Column("check_order_number", sa.BigInteger(), nullable=True),
        sa.Column("offline_mode", sa.Boolean(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at_text", sa.Text(), nullable=True),
        sa.Column("receipt_url", sa.Text(), nullable=True),
        sa.Column("print_url", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(kind = 'return') = (basis_receipt_id IS NOT NULL)", name=op.f("ck_receipts_return_has_basis")),
        sa.CheckConstraint("kind IN ('sale', 'return')", name=op.f("ck_receipts_kind_known")),
        sa.CheckConstraint(
            "state <> 'issued' OR fiscal_number IS NOT NULL", name=op.f("ck_receipts_issued_has_fiscal_number")
        ),
        sa.CheckConstraint("state IN ('pending', 'issued', 'unknown', 'rejected')", name=op.f("ck_receipts_state_known")),
        sa.CheckConstraint("(record_id IS NULL) <> (document_id IS NULL)", name=op.f("ck_receipts_one_subject")),
        sa.CheckConstraint(
            "length(external_check_number) BETWEEN 1 AND 50", name=op.f("ck_receipts_external_check_number_fits")
        ),
        sa.CheckConstraint("total >= 0 AND tax >= 0", name=op.f("ck_receipts_amounts_positive")),
        sa.ForeignKeyConstraint(["basis_receipt_id"], ["receipts.id"], name=op.f("fk_receipts_basis_receipt_id")),
        sa.ForeignKeyConstraint(["cashbox_id"], ["cashboxes.id"], name=op.f("fk_receipts_cashbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("external_check_number", name=op.f("uq_receipts_external_check_number")),
    )
    op.create_index(op.f("ix_receipts_basis_receipt_id"), "receipts", ["basis_receipt_id"], unique=False)
    op.create_index("ix_receipts_created_at", "receipts", ["created_at"], unique=False)
    op.create_index(
        "ix_receipts_open",
        "receipts",
        ["cashbox_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'unknown')"),
    )
    op.create_index("ix_receipts_record_id", "receipts", ["record_id"], unique=False)
    op.create_index(
        "uq_receipts_live_sale_of_document",
        "receipts",
        ["company_id", "document_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'sale' AND document_id IS NOT NULL AND state <> 'rejected' AND NOT returned"),
    )
    op.create_index(
        "uq_receipts_live_sale_of_record",
        "receipts",
        ["company_id", "record_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'sale' AND record_id IS NOT NULL AND state <> 'rejected' AND NOT returned"),
    )
    op.create_table(
        "fiscalization_logs",
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("external_check_number", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="pending", nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_text", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('pending', 'issued', 'duplicate', 'unavailable', 'rejected', 'unknown')",
            name=op.f("ck_fiscalization_logs_outcome_known"),
        ),
        sa.ForeignKeyConstraint(["cashbox_id"], ["cashboxes.id"], name=op.f("fk_fiscalization_logs_cashbox_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_fiscalization_logs_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fiscalization_logs")),
    )
    op.create_index("ix_fiscalization_logs_cashbox_id_id", "fiscalization_logs", ["cashbox_id", "id"], unique=False)
    op.create_index("ix_fiscalization_logs_created_at", "fiscalization_logs", ["created_at"], unique=False)
    op.create_index(op.f("ix_fiscalization_logs_receipt_id"), "fiscalization_logs", ["receipt_id"], unique=False)
    op.create_table(
        "webhook_records",
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("resource", sa.Text(), nullable=True),
        sa.Column("resource_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("raw_body", sa.LargeBinary(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("claims", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_letter_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'processing', 'processed', 'ignored', 'awaiting_payment', 'retrying', 'dead_lettered', 'invalid')",
            name=op.f("ck_webhook_records_state_known"),
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_webhook_records_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_records")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_webhook_records_dedup_key")),
    )
    op.create_index(
        "ix_webhook_records_attention",
        "webhook_records",
        ["state", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'dead_lettered'"),
    )
    op.create_index("ix_webhook_records_created_at", "webhook_records", ["created_at"], unique=False)
    op.create_index(
        "ix_webhook_records_document",
        "webhook_records",
        ["company_id", "document_id"],
        unique=False,
        postgresql_where=sa.text("document_id IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_records_open",
        "webhook_records",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'processing', 'retrying') AND receipt_id IS NULL"),
    )
    op.create_index(op.f("ix_webhook_records_receipt_id"), "webhook_records", ["receipt_id"], unique=False)
    op.create_index("ix_webhook_records_resource_id_id", "webhook_records", ["resource_id", "id"], unique=False)
    op.create_table(
        "payment_records",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("account_title", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_record_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('cash', 'card', 'mobile')", name=op.f("ck_payment_records_kind_known")),
        sa.CheckConstraint("state IN ('active', 'revoked')", name=op.f("ck_payment_records_state_known")),
        sa.ForeignKeyConstraint(
            ["webhook_record_id"],
            ["webhook_records.id"],
            name=op.f("fk_payment_records_webhook_record_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_records")),
        sa.UniqueConstraint("company_id", "operation_id", name=op.f("uq_payment_records_company_id_operation_id")),
    )
    op.create_index("ix_payment_records_company_id_record_id", "payment_records", ["company_id", "record_id"], unique=False)
    op.create_index("ix_payment_records_webhook_record_id", "payment_records", ["webhook_record_id"], unique=False)
    op.create_table(
        "replays",
        sa.Column("webhook_record_id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_replays_receipt_id")),
        sa.ForeignKeyConstraint(["webhook_record_id"], ["webhook_records.id"], name=op.f("fk_replays_webhook_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    op.create_index(op.f("ix_replays_receipt_id"), "replays", ["receipt_id"], unique=False)
    op.create_index(op.f("ix_replays_webhook_record_id"), "replays", ["webhook_record_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_replays_webhook_record_id"), table_name="replays")
    op.drop_index(op.f("ix_replays_receipt_id"), table_name="replays")
    op.drop_table("replays")
    op.drop_index("ix_payment_records_webhook_record_id", table_name="payment_records")
    op.drop_index("ix_payment_records_company_id_record_id", table_name="payment_records")
    op.drop_table("payment_records")
    op.drop_index("ix_webhook_records_resource_id_id", table_name="webhook_records")
    op.drop_index(op.f("ix_webhook_records_receipt_id"), table_name="webhook_records")
    op.drop_index(
        "ix_webhook_records_open",
        table_name="webhook_records",
        postgresql_where=sa.text("state IN ('received', 'processing', 'retrying') AND receipt_id IS NULL"),
    )
    op.drop_index(
        "ix_webhook_records_document", table_name="webhook_records", postgresql_where=sa.text("document_id IS NOT NULL")
    )
    op.drop_index("ix_webhook_records_created_at", table_name="webhook_records")
    op.drop_index(
        "ix_webhook_records_attention", table_name="webhook_records", postgresql_where=sa.text("state = 'dead_lettered'")
    )
    op.drop_table("webhook_records")
    op.drop_index(op.f("ix_fiscalization_logs_receipt_id"), table_name="fiscalization_logs")
    op.drop_index("ix_fiscalization_logs_created_at", table_name="fiscalization_logs")
    op.drop_index("ix_fiscalization_logs_cashbox_id_id", table_name="fiscalization_logs")
    op.drop_table("fiscalization_logs")
    op.drop_index(
        "uq_receipts_live_sale_of_record",
        table_name="receipts",
        postgresql_where=sa.text("kind = 'sale' AND record_id IS NOT NULL AND state <> 'rejected' AND NOT returned"),
    )
    op.drop_index(
        "uq_receipts_live_sale_of_document",
        table_name="receipts",
        postgresql_where=sa.text("kind = 'sale' AND document_id IS NOT NULL AND state <> 'rejected' AND NOT returned"),
    )
    op.drop_index("ix_receipts_record_id", table_name="receipts")
    op.drop_index("ix_receipts_open", table_name="receipts", postgresql_where=sa.text("state IN ('pending', 'unknown')"))
    op.drop_index("ix_receipts_created_at", table_name="receipts")
    op.drop_index(op.f("ix_receipts_basis_receipt_id"), table_name="receipts")
    op.drop_table("receipts")
    op.drop_table("staff_users")
    op.drop_table("cashboxes")
