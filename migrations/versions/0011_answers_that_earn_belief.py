"""Answers that earn belief

A fiscal number stands for one document of one register: an answer that brings one a second time is another request's. Receipts
that share one from the time when answers were believed unseen are marked and left as they are: only people can tell whose it is.
What Webkassa warned of beside a document is kept. A time that no document has (the year 1) becomes that of its row.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("receipts", sa.Column("warning", sa.Text(), nullable=True))
    op.add_column("receipts", sa.Column("number_repeated", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(
        """
        UPDATE receipts SET number_repeated = true
        FROM (SELECT id, row_number() OVER (PARTITION BY cashbox_id, registration_number, fiscal_number ORDER BY id) AS place
              FROM receipts WHERE fiscal_number IS NOT NULL) AS numbered
        WHERE numbered.id = receipts.id AND numbered.place > 1
        """
    )
    op.create_index(
        "uq_receipts_fiscal_number",
        "receipts",
        ["cashbox_id", "registration_number", "fiscal_number"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("fiscal_number IS NOT NULL AND NOT number_repeated"),
    )
    op.execute("UPDATE receipts SET issued_at = created_at WHERE NOT issued_at BETWEEN '2000-01-01' AND '2200-01-01'")


def downgrade() -> None:
    op.drop_index("uq_receipts_fiscal_number", table_name="receipts")
    op.drop_column("receipts", "number_repeated")
    op.drop_column("receipts", "warning")
