"""Choices of salons

Deposits, part payments, tips, certificates and other VAT rates are chosen per salon; the accounts a salon was paid into are found by
an index. Goods have codes of the salon's own, and their lines are counted.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CHOICES = ("deposits", "part_payments", "tips", "certificates_as", "vat_lines", "goods_codes")


def upgrade() -> None:
    for name in _CHOICES:
        op.add_column("cashboxes", sa.Column(name, sa.Text(), nullable=True))
    op.create_index(
        "ix_payment_records_account",
        "payment_records",
        ["company_id", "account_id", "id"],
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_table(
        "goods_codes",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("good_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("ntin", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(gtin, ntin) > 0", name=op.f("ck_goods_codes_has_a_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_codes")),
        sa.UniqueConstraint("company_id", "good_id", name=op.f("uq_goods_codes_company_id_good_id")),
    )
    op.create_table(
        "goods_lines",
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("good_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("ntin", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_goods_lines_receipt_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_lines")),
    )
    op.create_index("ix_goods_lines_created_at", "goods_lines", ["created_at"])
    op.create_index(op.f("ix_goods_lines_receipt_id"), "goods_lines", ["receipt_id"])


def downgrade() -> None:
    op.drop_table("goods_lines")
    op.drop_table("goods_codes")
    op.drop_index("ix_payment_records_account", table_name="payment_records")
    for name in reversed(_CHOICES):
        op.drop_column("cashboxes", name)
