"""Desk: visits, checkouts, returns, staff"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("staff_user_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["staff_user_id"], ["staff_users.id"], name=op.f("fk_audit_events_staff_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_created_at", "audit_events", ["created_at"], unique=False)
    op.create_index("ix_audit_events_staff_user_id", "audit_events", ["staff_user_id"], unique=False)
    op.create_table(
        "checkouts",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("cash_received", sa.Numeric(precision=14, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("change", sa.Numeric(precision=14, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("customer_email", sa.Text(), nullable=True),
        sa.Column("customer_phone", sa.Text(), nullable=True),
        sa.Column("customer_xin", sa.Text(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("total > 0 AND cash_received >= 0 AND change >= 0", name=op.f("ck_checkouts_amounts_positive")),
        sa.ForeignKeyConstraint(["staff_user_id"], ["staff_users.id"], name=op.f("fk_checkouts_staff_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkouts")),
        sa.UniqueConstraint("form_key", name=op.f("uq_checkouts_form_key")),
    )
    op.create_index(
        "uq_checkouts_live",
        "checkouts",
        ["company_id", "record_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_user_id"], ["staff_users.id"], name=op.f("fk_staff_sessions_staff_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
    )
    op.create_index(op.f("ix_staff_sessions_staff_user_id"), "staff_sessions", ["staff_user_id"], unique=False)
    op.create_table(
        "return_orders",
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'requested'"), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("return_receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('requested', 'accepted', 'refused')", name=op.f("ck_return_orders_state_known")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_return_orders_receipt_id")),
        sa.ForeignKeyConstraint(["return_receipt_id"], ["receipts.id"], name=op.f("fk_return_orders_return_receipt_id")),
        sa.ForeignKeyConstraint(["staff_user_id"], ["staff_users.id"], name=op.f("fk_return_orders_staff_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_orders")),
        sa.UniqueConstraint("form_key", name=op.f("uq_return_orders_form_key")),
        sa.UniqueConstraint("return_receipt_id", name=op.f("uq_return_orders_return_receipt_id")),
    )
    op.create_index(op.f("ix_return_orders_receipt_id"), "return_orders", ["receipt_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=True),
        sa.Column("client_phone", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_records.id"], name=op.f("fk_visits_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("company_id", "record_id", name=op.f("uq_visits_company_id_record_id")),
    )
    op.create_index(
        "ix_visits_day",
        "visits",
        ["day", sa.literal_column("is_open DESC"), sa.literal_column("visit_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_visits_delivery_id", "visits", ["delivery_id"], unique=False)
    op.create_index("ix_visits_phone_tail", "visits", [sa.literal_column("right(client_phone, 4)")], unique=False)
    op.create_index("ix_visits_record_id", "visits", ["record_id"], unique=False)
    op.add_column("payment_records", sa.Column("checkout_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_payment_records_checkout_id"), "payment_records", ["checkout_id"], unique=False)
    op.create_foreign_key(op.f("fk_payment_records_checkout_id"), "payment_records", "checkouts", ["checkout_id"], ["id"])
    op.add_column("staff_users", sa.Column("failed_sign_ins", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("staff_users", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("staff_users", "locked_until")
    op.drop_column("staff_users", "failed_sign_ins")
    op.drop_constraint(op.f("fk_payment_records_checkout_id"), "payment_records", type_="foreignkey")
    op.drop_index(op.f("ix_payment_records_checkout_id"), table_name="payment_records")
    op.drop_column("payment_records", "checkout_id")
    op.drop_index("ix_visits_record_id", table_name="visits")
    op.drop_index("ix_visits_phone_tail", table_name="visits")
    op.drop_index("ix_visits_delivery_id", table_name="visits")
    op.drop_index("ix_visits_day", table_name="visits")
    op.drop_table("visits")
    op.drop_index(op.f("ix_return_orders_receipt_id"), table_name="return_orders")
    op.drop_table("return_orders")
    op.drop_index(op.f("ix_staff_sessions_staff_user_id"), table_name="staff_sessions")
    op.drop_table("staff_sessions")
    op.drop_index("uq_checkouts_live", table_name="checkouts", postgresql_where=sa.text("voided_at IS NULL"))
    op.drop_table("checkouts")
    op.drop_index("ix_audit_events_staff_user_id", table_name="audit_events")
    op.drop_index("ix_audit_events_created_at", table_name="audit_events")
    op.drop_table("audit_events")
