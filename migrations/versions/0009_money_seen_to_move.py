"""Money that was seen to move

A payment remembers the visit or goods document it was moved away from, so that the receipt it left can be doubted. A visit
remembers when Altegio last said that it was paid: only then can "unpaid" mean that a payment was taken back. Visits with
a receipt of their own are taken to have been called paid when it was made, but not those whose payment staff took.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("payment_records", sa.Column("moved_from_record_id", sa.BigInteger(), nullable=True))
    op.add_column("payment_records", sa.Column("moved_from_document_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_payment_records_moved_from_record",
        "payment_records",
        ["company_id", "moved_from_record_id"],
        unique=False,
        postgresql_where=sa.text("moved_from_record_id IS NOT NULL"),
    )
    op.create_index(
        "ix_payment_records_moved_from_document",
        "payment_records",
        ["company_id", "moved_from_document_id"],
        unique=False,
        postgresql_where=sa.text("moved_from_document_id IS NOT NULL"),
    )
    op.create_index(
        "ix_payment_records_visit",
        "payment_records",
        ["company_id", "visit_id"],
        unique=False,
        postgresql_where=sa.text("visit_id IS NOT NULL"),
    )
    op.add_column("visits", sa.Column("paid_told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        UPDATE visits SET paid_told_at = receipts.created_at FROM receipts
        WHERE receipts.company_id = visits.company_id AND receipts.record_id = visits.record_id
          AND receipts.kind = 'sale' AND receipts.state <> 'rejected' AND NOT receipts.returned
          AND NOT EXISTS (SELECT FROM checkouts WHERE checkouts.company_id = visits.company_id
                          AND checkouts.record_id = visits.record_id AND checkouts.voided_at IS NULL)
        """
    )


def downgrade() -> None:
    op.drop_column("visits", "paid_told_at")
    for name in ("visit", "moved_from_document", "moved_from_record"):
        op.drop_index(f"ix_payment_records_{name}", table_name="payment_records")
    op.drop_column("payment_records", "moved_from_document_id")
    op.drop_column("payment_records", "moved_from_record_id")
