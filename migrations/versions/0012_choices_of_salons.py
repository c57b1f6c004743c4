"""Choices of salons

Deposits, part payments, tips, certificates and other VAT rates are chosen per salon; the accounts a salon was paid into are found by an index.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CHOICES = ("deposits", "part_payments", "tips", "certificates_as", "vat_lines")


def upgrade() -> None:
    for name in _CHOICES:
        op.add_column("cashboxes", sa.Column(name, sa.Text(), nullable=True))
    op.create_index(
        "ix_payment_records_account",
        "payment_records",
        ["company_id", "account_id", "id"],
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_payment_records_account", table_name="payment_records")
    for name in reversed(_CHOICES):
        op.drop_column("cashboxes", name)
