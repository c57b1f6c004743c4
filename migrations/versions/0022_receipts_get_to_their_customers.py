"""Receipts get to their customers

How a receipt gets to its customer is chosen per salon; messages that bring it, and clients who want none.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CHOICES = ("receipt_to_client", "receipt_language")


def upgrade() -> None:
    for name in _CHOICES:
        op.add_column("cashboxes", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "customer_opt_outs",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_opt_outs")),
        sa.UniqueConstraint("company_id", "client_id", name=op.f("uq_customer_opt_outs_company_id_client_id")),
    )
    op.create_table(
        "customer_messages",
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=True),
        sa.Column("is_wish", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refusals", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'handed_over', 'uncertain', 'refused', 'dropped')",
            name=op.f("ck_customer_messages_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_customer_messages_leased_while_sending")
        ),
        sa.CheckConstraint(
            "(state IN ('waiting', 'sending')) = (ended_at IS NULL)", name=op.f("ck_customer_messages_ended_has_time")
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_customer_messages_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_messages")),
        sa.UniqueConstraint("receipt_id", "channel", name=op.f("uq_customer_messages_receipt_id_channel")),
    )
    op.create_index(
        "ix_customer_messages_open", "customer_messages", ["next_attempt_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(
        "ix_customer_messages_amiss",
        "customer_messages",
        ["id"],
        postgresql_where=sa.text("state IN ('uncertain', 'refused')"),
    )
    op.create_index(
        "ix_customer_messages_personal",
        "customer_messages",
        ["created_at"],
        postgresql_where=sa.text("email IS NOT NULL OR phone IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("customer_messages")
    op.drop_table("customer_opt_outs")
    for name in reversed(_CHOICES):
        op.drop_column("cashboxes", name)
