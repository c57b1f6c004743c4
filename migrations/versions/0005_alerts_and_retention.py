"""Alerts and retention"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# The tables are large by now: their indexes are built beside the running service, not in its way.
LARGE = (
    (
        "ix_webhook_records_full",
        "webhook_records",
        "created_at",
        "emptied_at IS NULL AND state IN ('processed', 'ignored', 'invalid')",
    ),
    ("ix_fiscalization_logs_full", "fiscalization_logs", "created_at", "emptied_at IS NULL"),
    (
        "ix_visits_personal",
        "visits",
        "day",
        "NOT is_open AND (client_name IS NOT NULL OR client_phone IS NOT NULL)",
    ),
    (
        "ix_receipts_personal",
        "receipts",
        "created_at",
        "state IN ('issued', 'rejected') AND (request ? 'CustomerEmail' OR request ? 'CustomerPhone' OR request ? 'CustomerXin')",
    ),
    (
        "ix_checkouts_personal",
        "checkouts",
        "created_at",
        "customer_email IS NOT NULL OR customer_phone IS NOT NULL OR customer_xin IS NOT NULL",
    ),
)


def upgrade() -> None:
    _create_alerts()
    op.create_table(
        "cashbox_licences",
        sa.Column("cashbox_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        *_common_columns(),
        sa.ForeignKeyConstraint(
            ["cashbox_id"], ["cashboxes.id"], name=op.f("fk_cashbox_licences_cashbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cashbox_licences")),
        sa.UniqueConstraint("cashbox_id", name=op.f("uq_cashbox_licences_cashbox_id")),
    )
    op.add_column("webhook_records", sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("fiscalization_logs", sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))
    with op.get_context().autocommit_block():
        for name, table, column, condition in LARGE:
            op.create_index(
                name,
                table,
                [column],
                unique=False,
                postgresql_where=sa.text(condition),
                postgresql_concurrently=True,
            )


def _common_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_event", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("told_size", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("flaps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        *_common_columns(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_unclosed",
        "alerts",
        ["kind", "key", "is_event"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_alerts_sent_at", "alerts", ["sent_at"], unique=False)
    op.create_index("ix_alerts_raised_at", "alerts", ["raised_at"], unique=False)
    op.create_table(
        "alert_messages",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("pending", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *_common_columns(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_messages")),
    )
    op.create_index(
        "ix_alert_messages_unfinished",
        "alert_messages",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def downgrade() -> None:
    for name, table, _, _ in reversed(LARGE):
        op.drop_index(name, table_name=table)
    op.drop_column("fiscalization_logs", "emptied_at")
    op.drop_column("webhook_records", "emptied_at")
    op.drop_table("cashbox_licences")
    op.drop_table("alert_messages")
    op.drop_table("alerts")
