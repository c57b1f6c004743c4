"""Salons with cashboxes of their own, and what is asked of Altegio"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_SETTINGS = (
    "name",
    "login",
    "password_sealed",
    "api_token_sealed",
    "vat",
    "comment_marker",
    "fiscalize_when",
    "default_payment_method",
    "payment_kinds",
)


def upgrade() -> None:
    for name in _SETTINGS:
        op.add_column("cashboxes", sa.Column(name, sa.Text(), nullable=True))
    op.drop_constraint(op.f("uq_cashboxes_company_id"), "cashboxes", type_="unique")
    op.create_index("uq_cashboxes_of_salon", "cashboxes", ["company_id"], unique=True, postgresql_where=sa.text("enabled"))

    op.add_column("webhook_records", sa.Column("source", sa.Text(), server_default="webhook", nullable=False))
    op.create_check_constraint(
        op.f("ck_webhook_records_source_known"), "webhook_records", "source IN ('webhook', 'catch_up')"
    )

    op.add_column("payment_records", sa.Column("purpose", sa.Text(), server_default="sale", nullable=False))
    op.create_check_constraint(
        op.f("ck_payment_records_purpose_known"),
        "payment_records",
        "purpose IN ('sale', 'deposit', 'fee', 'refund', 'other')",
    )
    op.create_index(
        "ix_payment_records_document",
        "payment_records",
        ["company_id", "document_id"],
        postgresql_where=sa.text("record_id IS NULL AND document_id IS NOT NULL"),
    )

    op.add_column("receipts", sa.Column("paid_back_since", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("return_orders", "staff_user_id", existing_type=sa.BigInteger(), nullable=True)

    op.create_table(
        "altegio_looks",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("looked_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_look_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_altegio_looks")),
        sa.UniqueConstraint("company_id", "what", name=op.f("uq_altegio_looks_company_id_what")),
    )


def downgrade() -> None:
    """What only the newer version can write goes: the bridge's own return orders, and cashboxes a salon had before."""
    op.drop_table("altegio_looks")
    op.execute("DELETE FROM return_orders WHERE staff_user_id IS NULL")
    op.alter_column("return_orders", "staff_user_id", existing_type=sa.BigInteger(), nullable=False)
    op.drop_column("receipts", "paid_back_since")
    op.drop_index("ix_payment_records_document", table_name="payment_records")
    op.drop_constraint(op.f("ck_payment_records_purpose_known"), "payment_records", type_="check")
    op.execute("DELETE FROM payment_records WHERE purpose <> 'sale'")
    op.drop_column("payment_records", "purpose")
    op.drop_constraint(op.f("ck_webhook_records_source_known"), "webhook_records", type_="check")
    op.drop_column("webhook_records", "source")
    op.drop_index("uq_cashboxes_of_salon", table_name="cashboxes")
    op.execute("UPDATE cashboxes SET company_id = NULL WHERE NOT enabled")
    op.create_unique_constraint(op.f("uq_cashboxes_company_id"), "cashboxes", ["company_id"])
    for name in reversed(_SETTINGS):
        op.drop_column("cashboxes", name)
