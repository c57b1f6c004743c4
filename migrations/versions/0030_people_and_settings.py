"""People and settings

Managers look after accounts and settings on pages: a password that has to be changed, settings over those of the environment,
tests of registers, alerts and Altegio's tokens.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_ORDERS = "'x_report', 'z_report', 'deposit', 'withdrawal'"


def upgrade() -> None:
    op.add_column(
        "staff_users", sa.Column("password_is_temporary", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "worker_signs", sa.Column("able_to", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    _limit_orders(f"{_ORDERS}, 'check'")
    op.create_index(
        "ix_cashbox_orders_checks", "cashbox_orders", ["cashbox_id", "id"], postgresql_where=sa.text("kind = 'check'")
    )
    op.create_table(
        "changed_settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cashbox_id", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("staff_user_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *_own_columns("changed_settings"),
        sa.ForeignKeyConstraint(
            ["cashbox_id"], ["cashboxes.id"], name=op.f("fk_changed_settings_cashbox_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_user_id"], ["staff_users.id"], name=op.f("fk_changed_settings_staff_user_id")),
    )
    op.create_index(
        "uq_changed_settings_of_service",
        "changed_settings",
        ["name"],
        unique=True,
        postgresql_where=sa.text("cashbox_id IS NULL"),
    )
    op.create_index("uq_changed_settings_of_cashbox", "changed_settings", ["cashbox_id", "name"], unique=True)
    op.create_table(
        "trials",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="requested", nullable=False),
        sa.Column("staff_user_id", sa.BigInteger(), nullable=True),
        sa.Column("tried", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("passed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_text", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        *_own_columns("trials"),
        sa.ForeignKeyConstraint(["staff_user_id"], ["staff_users.id"], name=op.f("fk_trials_staff_user_id")),
        sa.CheckConstraint("kind IN ('alerts', 'altegio')", name=op.f("ck_trials_kind_known")),
        sa.CheckConstraint("state IN ('requested', 'passed', 'failed', 'absent')", name=op.f("ck_trials_state_known")),
    )


def _own_columns(table: str) -> tuple[sa.Column, sa.Column, sa.PrimaryKeyConstraint]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _limit_orders(kinds: str) -> None:
    op.drop_constraint(op.f("ck_cashbox_orders_kind_known"), "cashbox_orders")
    op.create_check_constraint(op.f("ck_cashbox_orders_kind_known"), "cashbox_orders", f"kind IN ({kinds})")


def downgrade() -> None:
    op.drop_table("trials")
    op.drop_table("changed_settings")
    op.drop_index("ix_cashbox_orders_checks", "cashbox_orders")
    op.execute("DELETE FROM cashbox_orders WHERE kind = 'check'")
    _limit_orders(_ORDERS)
    op.drop_column("worker_signs", "able_to")
    op.drop_column("staff_users", "password_is_temporary")
