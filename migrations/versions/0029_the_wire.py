"""The wire

Who looks after the service has roles of their own. Replays keep their previews, examinations what they found, and the feed of
deliveries is found by indexes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    _change_roles("role IN ('cashier', 'manager', 'ops', 'ops_replay')")
    op.create_table(
        "replay_runs",
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("asked", _JSON, nullable=False),
        sa.Column("state", sa.Text(), server_default="foretelling", nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('foretelling', 'ready', 'running', 'stopped', 'done')", name=op.f("ck_replay_runs_state_known")
        ),
        sa.ForeignKeyConstraint(["staff_user_id"], ["staff_users.id"], name=op.f("fk_replay_runs_staff_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_runs")),
    )
    op.create_table(
        "replay_items",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("webhook_record_id", sa.BigInteger(), nullable=False),
        sa.Column("foretold", _JSON, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["replay_runs.id"], name=op.f("fk_replay_items_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["webhook_record_id"],
            ["webhook_records.id"],
            name=op.f("fk_replay_items_webhook_record_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_items")),
        sa.UniqueConstraint("run_id", "webhook_record_id", name=op.f("uq_replay_items_run_id_webhook_record_id")),
    )
    op.create_index("ix_replay_items_delivery", "replay_items", ["webhook_record_id"])
    op.create_index("ix_replay_items_left", "replay_items", ["run_id", "id"], postgresql_where=sa.text("outcome IS NULL"))
    op.create_table(
        "health_reports",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("findings", _JSON, nullable=False),
        sa.Column("examined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("part IN ('service', 'vendors')", name=op.f("ck_health_reports_part_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_reports")),
        sa.UniqueConstraint("part", name=op.f("uq_health_reports_part")),
    )
    op.create_index("ix_webhook_records_company_id_id", "webhook_records", ["company_id", "id"])
    op.create_index(
        "ix_webhook_records_coded",
        "webhook_records",
        ["error_code", "id"],
        postgresql_where=sa.text("error_code IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_records_waiting",
        "webhook_records",
        ["state", "id"],
        postgresql_where=sa.text("state IN ('awaiting_payment', 'invalid')"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_records_waiting", "webhook_records")
    op.drop_index("ix_webhook_records_coded", "webhook_records")
    op.drop_index("ix_webhook_records_company_id_id", "webhook_records")
    op.drop_table("health_reports")
    op.drop_table("replay_items")
    op.drop_table("replay_runs")
    # Nobody of the desk: without the role they may do nothing.
    op.execute("UPDATE staff_users SET role = 'cashier', disabled_at = now() WHERE role IN ('ops', 'ops_replay')")
    _change_roles("role IN ('cashier', 'manager')")


def _change_roles(known: str) -> None:
    op.drop_constraint(op.f("ck_staff_users_role_known"), "staff_users")
    op.create_check_constraint(op.f("ck_staff_users_role_known"), "staff_users", known)
