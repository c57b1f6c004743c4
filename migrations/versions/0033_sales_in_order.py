"""Sales that are in order

What a look into a day's books found is kept whole, so that a month is read without reading its sales. The books tell sales in order from others by what is seldom: a second receipt, a payment that was revoked or names a visit and
none of its records, a checkout that was taken back. Indexes of these alone are small, and are hardly written to.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_SELDOM = (
    (
        "ix_receipts_beside",
        "receipts",
        ["company_id", "record_id", "document_id"],
        "kind <> 'sale' OR operation_id IS NOT NULL OR state = 'rejected' OR returned",
    ),
    ("ix_payment_records_revoked", "payment_records", ["changed_at"], "state = 'revoked'"),
    ("ix_payment_records_accounts", "payment_records", ["paid_at"], "purpose = 'deposit' OR kind = 'deposit'"),
    (
        "ix_payment_records_visit_alone",
        "payment_records",
        ["company_id", "visit_id"],
        "record_id IS NULL AND visit_id IS NOT NULL",
    ),
    ("ix_checkouts_voided_at", "checkouts", ["voided_at"], "voided_at IS NOT NULL"),
)


def upgrade() -> None:
    op.add_column("book_days", sa.Column("books", postgresql.JSONB()))
    for name, table, columns, where in _SELDOM:
        op.create_index(name, table, columns, postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, *_ in reversed(_SELDOM):
        op.drop_index(name, table_name=table)
    op.drop_column("book_days", "books")
