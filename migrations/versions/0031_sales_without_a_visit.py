"""Sales without a visit

What is sold at the desk to somebody who walked in has lines of its own, a payment, and a row that is worked on like a delivery.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_LIVE = "voided_at IS NULL AND document_id IS NOT NULL"


def _allow_sources(*sources: str) -> None:
    """A check of old rows would be of no use, and would keep the table shut while it reads millions of them."""
    listed = ", ".join(f"'{source}'" for source in sources)
    op.execute("ALTER TABLE webhook_records DROP CONSTRAINT ck_webhook_records_source_known")
    op.execute(
        f"ALTER TABLE webhook_records ADD CONSTRAINT ck_webhook_records_source_known CHECK (source IN ({listed})) NOT VALID"
    )


def upgrade() -> None:
    op.create_table(
        "desk_sales",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total", sa.Numeric(14, 2), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("total > 0", name=op.f("ck_desk_sales_total_positive")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_records.id"], name=op.f("fk_desk_sales_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_sales")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_desk_sales_delivery_id")),
    )
    op.create_index("ix_desk_sales_company_id", "desk_sales", ["company_id", "id"])
    op.add_column("checkouts", sa.Column("document_id", sa.BigInteger(), nullable=True))
    op.alter_column("checkouts", "record_id", nullable=True)
    op.create_check_constraint(op.f("ck_checkouts_one_subject"), "checkouts", "(record_id IS NULL) <> (document_id IS NULL)")
    op.create_index(
        "uq_checkouts_live_of_document",
        "checkouts",
        ["company_id", "document_id"],
        unique=True,
        postgresql_where=sa.text(_LIVE),
    )
    op.create_index(
        "ix_receipts_sold",
        "receipts",
        ["company_id", "id"],
        postgresql_where=sa.text("kind = 'sale' AND state = 'issued'"),
    )
    _allow_sources("webhook", "catch_up", "desk")


def downgrade() -> None:
    """Receipts and payments of such sales stay without the sale they were of."""
    op.execute("UPDATE webhook_records SET source = 'webhook' WHERE source = 'desk'")
    _allow_sources("webhook", "catch_up")
    op.drop_index("ix_receipts_sold", "receipts")
    op.execute(
        "UPDATE payment_records SET checkout_id = NULL FROM checkouts"
        " WHERE checkouts.id = checkout_id AND checkouts.record_id IS NULL"
    )
    op.execute("DELETE FROM checkouts WHERE record_id IS NULL")
    op.drop_index("uq_checkouts_live_of_document", "checkouts")
    op.drop_constraint(op.f("ck_checkouts_one_subject"), "checkouts")
    op.alter_column("checkouts", "record_id", nullable=False)
    op.drop_column("checkouts", "document_id")
    op.drop_table("desk_sales")
