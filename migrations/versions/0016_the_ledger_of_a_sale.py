"""The ledger of a sale

Money on accounts that need no receipt of ours is told from cash and cards, and what pays for a sale without being money is
kept beside it. A payment remembers what it was paid for and whose it is, a visit its joint number: several records may have
one payment. Visits of the last days take theirs from what was told of them, older ones with their next webhook. A sale
remembers which of its lines Altegio took out, and a return which copy of the receipt was shown.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_KINDS = ("cash", "card", "mobile")
_PURPOSES = ("sale", "deposit", "fee", "refund", "other")


def upgrade() -> None:
    _allow("kind", (*_KINDS, "none", "elsewhere", "deposit"))
    _allow("purpose", ("sale", "deposit", "tip", "fee", "refund", "other"))
    op.add_column("payment_records", sa.Column("sold_item_type", sa.Text(), nullable=True))
    op.add_column("payment_records", sa.Column("client_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_payment_records_deposits",
        "payment_records",
        ["company_id", "client_id"],
        unique=False,
        postgresql_where=sa.text("purpose = 'deposit' AND client_id IS NOT NULL"),
    )
    op.add_column("visits", sa.Column("visit_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_visits_visit",
        "visits",
        ["company_id", "visit_id"],
        unique=False,
        postgresql_where=sa.text("visit_id IS NOT NULL"),
    )
    op.execute(
        """
        UPDATE visits SET visit_id = (webhook_records.body->'data'->>'visit_id')::bigint FROM webhook_records
        WHERE webhook_records.id = visits.delivery_id AND visits.day > current_date - 7
          AND webhook_records.body->'data'->>'visit_id' ~ '^[1-9][0-9]{0,17}$'
        """
    )
    op.create_table(
        "loyalty_records",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "means IN ('deposit', 'certificate', 'membership', 'bonus', 'unclear')",
            name=op.f("ck_loyalty_records_means_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loyalty_records")),
        sa.UniqueConstraint("company_id", "transaction_id", name=op.f("uq_loyalty_records_company_id_transaction_id")),
    )
    for owner in ("record", "document"):
        op.create_index(
            f"ix_loyalty_records_{owner}",
            "loyalty_records",
            ["company_id", f"{owner}_id"],
            unique=False,
            postgresql_where=sa.text(f"{owner}_id IS NOT NULL"),
        )
    op.add_column("receipts", sa.Column("return_due_lines", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("return_orders", sa.Column("original_shown", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("return_orders", "original_shown")
    op.drop_column("receipts", "return_due_lines")
    op.drop_table("loyalty_records")
    op.drop_index("ix_visits_visit", table_name="visits")
    op.drop_column("visits", "visit_id")
    op.drop_index("ix_payment_records_deposits", table_name="payment_records")
    op.drop_column("payment_records", "client_id")
    op.drop_column("payment_records", "sold_item_type")
    op.execute(
        "UPDATE payment_records SET purpose = 'other' WHERE purpose = 'tip' OR kind IN ('none', 'elsewhere', 'deposit')"
    )
    op.execute("UPDATE payment_records SET kind = NULL WHERE kind IN ('none', 'elsewhere', 'deposit')")
    _allow("purpose", _PURPOSES)
    _allow("kind", _KINDS)


def _allow(column: str, words: Sequence[str]) -> None:
    name = op.f(f"ck_payment_records_{column}_known")
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(name, "payment_records", type_="check")
    op.create_check_constraint(name, "payment_records", f"{column} IN ({listed})")
