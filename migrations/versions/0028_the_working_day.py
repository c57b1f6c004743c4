"""The working day

Cash is counted before a shift is closed, tasks can be taken and put off, and what the books find is kept, so that a page
need not keep them anew.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_MONEY = sa.Numeric(14, 2)
_MOMENT = sa.DateTime(timezone=True)


def _base() -> list[sa.Column]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
    ]


def _refer(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _count_cash()
    _keep_findings()
    op.create_table(
        "task_notes",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("put_off_until", _MOMENT, nullable=True),
        *_base(),
        _refer("task_notes", "owner_id", "staff_users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_notes")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_task_notes_kind_subject_id")),
    )
    op.create_index("ix_audit_events_action", "audit_events", ["action", "id"])
    op.create_index("ix_cashbox_orders_unclear", "cashbox_orders", ["id"], postgresql_where=sa.text("state = 'unknown'"))


def _count_cash() -> None:
    table = "cash_counts"
    op.create_table(
        table,
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("shift_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("expected", _MONEY, nullable=False),
        sa.Column("counted", _MONEY, nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("checked_at", _MOMENT, nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        *_base(),
        _refer(table, "cashbox_id", "cashboxes"),
        _refer(table, "shift_id", "shifts"),
        _refer(table, "staff_user_id", "staff_users"),
        _refer(table, "order_id", "cashbox_orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_counts")),
        sa.UniqueConstraint("form_key", name=op.f("uq_cash_counts_form_key")),
        sa.UniqueConstraint("order_id", name=op.f("uq_cash_counts_order_id")),
    )
    op.create_index("ix_cash_counts_shift_id", table, ["shift_id"], postgresql_where=sa.text("order_id IS NOT NULL"))


def _keep_findings() -> None:
    op.create_table(
        "book_days",
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=False),
        sa.Column("issued", _MONEY, nullable=False),
        sa.Column("receipts", sa.Integer(), nullable=False),
        sa.Column("returned", _MONEY, nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("differing", _MONEY, nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        *_base(),
        _refer("book_days", "cashbox_id", "cashboxes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_days")),
        sa.UniqueConstraint("cashbox_id", "day", name=op.f("uq_book_days_cashbox_id_day")),
    )
    op.create_table(
        "book_findings",
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("1"), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("company_id", "record_id", "document_id")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("shift_id", "receipt_id")),
        *_base(),
        _refer("book_findings", "cashbox_id", "cashboxes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_findings")),
        sa.UniqueConstraint("cashbox_id", "key", name=op.f("uq_book_findings_cashbox_id_key")),
    )
    op.create_index("ix_book_findings_day", "book_findings", ["cashbox_id", "day"])


def downgrade() -> None:
    op.drop_index("ix_audit_events_action", table_name="audit_events")
    op.drop_index("ix_cashbox_orders_unclear", table_name="cashbox_orders")
    for table in ("task_notes", "book_findings", "book_days", "cash_counts"):
        op.drop_table(table)
