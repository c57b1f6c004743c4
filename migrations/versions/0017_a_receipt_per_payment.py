"""A receipt per payment

A visit that is paid in parts may have a receipt for each payment beside its sale: it names the payment, of which it is
the only one. The rule that a visit has one live sale leaves these out. A return may be followed by the same sale, paid in
another way.

Which way money went and the item it was booked on are kept for the books, and an order at the drawer may be that of an
operation of Altegio, which is offered until it was booked or dismissed.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_LIVE = "kind = 'sale' AND record_id IS NOT NULL AND state <> 'rejected' AND NOT returned"


def upgrade() -> None:
    op.add_column("receipts", sa.Column("operation_id", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_receipts_payment_is_of_a_visit"),
        "receipts",
        "operation_id IS NULL OR (kind = 'sale' AND record_id IS NOT NULL)",
    )
    _replace_live_sale(
        "kind = 'sale' AND record_id IS NOT NULL AND operation_id IS NULL AND state <> 'rejected' AND NOT returned"
    )
    op.create_index(
        "uq_receipts_sale_of_payment",
        "receipts",
        ["company_id", "operation_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'sale' AND operation_id IS NOT NULL AND state <> 'rejected' AND NOT returned"),
    )
    op.create_index(
        "ix_receipts_payment",
        "receipts",
        ["company_id", "operation_id"],
        postgresql_where=sa.text("operation_id IS NOT NULL"),
    )
    op.add_column("return_orders", sa.Column("sold_anew_as", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_return_orders_sold_anew_as_known"), "return_orders", "sold_anew_as IN ('cash', 'card', 'mobile')"
    )
    op.add_column("payment_records", sa.Column("is_outgo", sa.Boolean(), nullable=True))
    op.add_column("payment_records", sa.Column("item_title", sa.Text(), nullable=True))
    op.add_column("payment_records", sa.Column("drawer_dismissed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cashbox_orders", sa.Column("payment_record_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_cashbox_orders_payment_record_id"),
        "cashbox_orders",
        "payment_records",
        ["payment_record_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(
        "uq_cashbox_orders_payment",
        "cashbox_orders",
        ["payment_record_id"],
        unique=True,
        postgresql_where=sa.text("payment_record_id IS NOT NULL AND state <> 'refused'"),
    )


def downgrade() -> None:
    """Receipts of payments go back into the rule of one live sale, so none of them may be left that stands."""
    op.drop_column("cashbox_orders", "payment_record_id")
    for name in ("drawer_dismissed_at", "item_title", "is_outgo"):
        op.drop_column("payment_records", name)
    op.drop_column("return_orders", "sold_anew_as")
    op.drop_index("uq_receipts_sale_of_payment", table_name="receipts")
    _replace_live_sale(_LIVE)
    op.drop_constraint(op.f("ck_receipts_payment_is_of_a_visit"), "receipts", type_="check")
    op.drop_column("receipts", "operation_id")


def _replace_live_sale(condition: str) -> None:
    op.drop_index("uq_receipts_live_sale_of_record", table_name="receipts")
    op.create_index(
        "uq_receipts_live_sale_of_record",
        "receipts",
        ["company_id", "record_id"],
        unique=True,
        postgresql_where=sa.text(condition),
    )
