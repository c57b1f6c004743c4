"""Shifts, cashbox orders, and what the books need"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "shifts",
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("strangers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answer_lost", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("closing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_close_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_error", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["cashbox_id"], ["cashboxes.id"], name=op.f("fk_shifts_cashbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint("cashbox_id", "number", name=op.f("uq_shifts_cashbox_id_number")),
    )
    op.create_index("ix_shifts_open", "shifts", ["cashbox_id"], unique=False, postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_shifts_opened_at", "shifts", ["opened_at"], unique=False)
    op.create_table(
        "cashbox_orders",
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("staff_user_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("external_check_number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'requested'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sending_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_text", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("shift_number", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('x_report', 'z_report', 'deposit', 'withdrawal')", name=op.f("ck_cashbox_orders_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'done', 'refused', 'unknown')", name=op.f("ck_cashbox_orders_state_known")
        ),
        sa.CheckConstraint(
            "(kind IN ('deposit', 'withdrawal')) = (amount IS NOT NULL)", name=op.f("ck_cashbox_orders_money_has_amount")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cashbox_orders_amount_positive")),
        sa.ForeignKeyConstraint(["cashbox_id"], ["cashboxes.id"], name=op.f("fk_cashbox_orders_cashbox_id")),
        sa.ForeignKeyConstraint(["staff_user_id"], ["staff_users.id"], name=op.f("fk_cashbox_orders_staff_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cashbox_orders")),
        sa.UniqueConstraint("form_key", name=op.f("uq_cashbox_orders_form_key")),
        sa.UniqueConstraint("external_check_number", name=op.f("uq_cashbox_orders_external_check_number")),
    )
    op.create_index(
        "ix_cashbox_orders_open",
        "cashbox_orders",
        ["cashbox_id"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index("ix_cashbox_orders_cashbox_id_id", "cashbox_orders", ["cashbox_id", "id"], unique=False)
    op.add_column(
        "payment_records",
        sa.Column("paid_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.execute("UPDATE payment_records SET paid_at = created_at")
    op.create_index("ix_payment_records_paid_at", "payment_records", ["paid_at"], unique=False)
    op.create_index("ix_receipts_cashbox_id_issued_at", "receipts", ["cashbox_id", "issued_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_receipts_cashbox_id_issued_at", table_name="receipts")
    op.drop_index("ix_payment_records_paid_at", table_name="payment_records")
    op.drop_column("payment_records", "paid_at")
    op.drop_index("ix_cashbox_orders_cashbox_id_id", table_name="cashbox_orders")
    op.drop_index("ix_cashbox_orders_open", table_name="cashbox_orders", postgresql_where=sa.text("state = 'requested'"))
    op.drop_table("cashbox_orders")
    op.drop_index("ix_shifts_opened_at", table_name="shifts")
    op.drop_index("ix_shifts_open", table_name="shifts", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("shifts")
