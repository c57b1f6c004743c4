"""Receipts are found and corrected

Receipts know who made them and which wrong one they stand for, and are found by time, sum and number. Orders of returns say
their reason as a code, and in which ways the same sale is made anew. What a return gives back by hand is ticked off.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CODES = "'changed_mind', 'wrong_service', 'wrong_sum', 'wrong_method', 'other'"
_INDEXES = {
    "ix_receipts_moment": ([sa.text("coalesce(issued_at, created_at)"), "id"], None),
    "ix_receipts_total": (["total", sa.text("coalesce(issued_at, created_at)"), "id"], None),
    "ix_receipts_document_id": (["document_id"], "document_id IS NOT NULL"),
    "ix_receipts_replaces_id": (["replaces_id"], "replaces_id IS NOT NULL"),
}
# Who took the payment that a sale was made of: the newest checkout of its visit by then.
_NAME_CASHIERS = """
UPDATE receipts SET staff_user_id = (
    SELECT checkouts.staff_user_id FROM checkouts
    WHERE checkouts.company_id = receipts.company_id AND checkouts.record_id = receipts.record_id
      AND checkouts.created_at <= receipts.created_at
    ORDER BY checkouts.id DESC LIMIT 1)
WHERE kind = 'sale' AND operation_id IS NULL AND record_id IN (SELECT record_id FROM checkouts)
"""
_NAME_RETURNERS = """
UPDATE receipts SET staff_user_id = return_orders.staff_user_id FROM return_orders
WHERE return_orders.return_receipt_id = receipts.id
"""
_KEEP_WISHES = """
UPDATE return_orders SET sold_anew = jsonb_build_object(sold_anew_as, receipts.total::text), reason_code = 'wrong_method'
FROM receipts WHERE receipts.id = return_orders.receipt_id AND sold_anew_as IS NOT NULL
"""
_GIVE_WISHES_BACK = """
UPDATE return_orders SET sold_anew_as = (SELECT min(kind) FROM jsonb_object_keys(sold_anew) AS kind)
WHERE sold_anew IS NOT NULL AND sold_anew_as IS NULL
"""


def upgrade() -> None:
    op.create_index("ix_checkouts_record", "checkouts", ["company_id", "record_id"])
    op.add_column("receipts", sa.Column("staff_user_id", sa.BigInteger(), nullable=True))
    op.add_column("receipts", sa.Column("replaces_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_receipts_staff_user_id"), "receipts", "staff_users", ["staff_user_id"], ["id"])
    op.create_foreign_key(op.f("fk_receipts_replaces_id"), "receipts", "receipts", ["replaces_id"], ["id"])
    op.execute(_NAME_CASHIERS)
    op.execute(_NAME_RETURNERS)
    for name, (columns, where) in _INDEXES.items():
        op.create_index(name, "receipts", columns, postgresql_where=sa.text(where) if where else None)

    op.add_column("return_orders", sa.Column("reason_code", sa.Text(), nullable=True))
    op.add_column("return_orders", sa.Column("sold_anew", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("return_orders", sa.Column("cash_received", sa.Numeric(14, 2), nullable=True))
    op.create_check_constraint(op.f("ck_return_orders_reason_code_known"), "return_orders", f"reason_code IN ({_CODES})")
    op.execute(_KEEP_WISHES)

    op.create_table(
        "hand_backs",
        sa.Column("return_receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(14, 2), nullable=False),
        sa.Column("ticked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('cash', 'card', 'mobile')", name=op.f("ck_hand_backs_kind_known")),
        sa.CheckConstraint("(ticked_at IS NULL) = (ticked_by_id IS NULL)", name=op.f("ck_hand_backs_ticked_by_somebody")),
        sa.ForeignKeyConstraint(["return_receipt_id"], ["receipts.id"], name=op.f("fk_hand_backs_return_receipt_id")),
        sa.ForeignKeyConstraint(["ticked_by_id"], ["staff_users.id"], name=op.f("fk_hand_backs_ticked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_backs")),
        sa.UniqueConstraint("return_receipt_id", "kind", name=op.f("uq_hand_backs_return_receipt_id_kind")),
    )
    op.create_index(
        "ix_hand_backs_unticked", "hand_backs", ["return_receipt_id"], postgresql_where=sa.text("ticked_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("hand_backs")
    op.execute(_GIVE_WISHES_BACK)
    for name in ("cash_received", "sold_anew", "reason_code"):
        op.drop_column("return_orders", name)
    for name in _INDEXES:
        op.drop_index(name, table_name="receipts")
    op.drop_column("receipts", "replaces_id")
    op.drop_column("receipts", "staff_user_id")
    op.drop_index("ix_checkouts_record", table_name="checkouts")
