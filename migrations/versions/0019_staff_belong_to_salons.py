"""Staff belong to salons

Accounts of before belong to all salons. The trail names the salon and the address. Guesses are counted per login and device.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("staff_users", sa.Column("all_salons", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("UPDATE staff_users SET all_salons = true")
    op.create_table(
        "staff_salons",
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_user_id"], ["staff_users.id"], name=op.f("fk_staff_salons_staff_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_salons")),
        sa.UniqueConstraint("staff_user_id", "company_id", name=op.f("uq_staff_salons_staff_user_id_company_id")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("login_hash", sa.Text(), nullable=False),
        sa.Column("device_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
        sa.UniqueConstraint("login_hash", "device_hash", name=op.f("uq_sign_in_attempts_login_hash_device_hash")),
    )
    op.create_index("ix_sign_in_attempts_tried_at", "sign_in_attempts", ["tried_at"])
    op.create_table(
        "staff_devices",
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("device_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_user_id"], ["staff_users.id"], name=op.f("fk_staff_devices_staff_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_devices")),
        sa.UniqueConstraint("staff_user_id", "device_hash", name=op.f("uq_staff_devices_staff_user_id_device_hash")),
    )
    op.add_column("staff_sessions", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("staff_sessions", sa.Column("device", sa.Text(), nullable=True))
    op.create_table(
        "staff_recovery_codes",
        sa.Column("staff_user_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_user_id"], ["staff_users.id"], name=op.f("fk_staff_recovery_codes_staff_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_codes")),
        sa.UniqueConstraint("staff_user_id", "code_hash", name=op.f("uq_staff_recovery_codes_staff_user_id_code_hash")),
    )
    op.add_column("staff_users", sa.Column("totp_sealed", sa.Text(), nullable=True))
    op.add_column("staff_users", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("staff_users", sa.Column("pin_hash", sa.Text(), nullable=True))
    for table in ("cashbox_orders", "return_orders"):
        op.add_column(table, sa.Column("approved_by_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_approved_by_id"), table, "staff_users", ["approved_by_id"], ["id"])
    op.add_column("return_orders", sa.Column("total", sa.Numeric(14, 2), nullable=True))
    op.add_column("audit_events", sa.Column("company_id", sa.BigInteger(), nullable=True))
    op.add_column("audit_events", sa.Column("address", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_events", "address")
    op.drop_column("audit_events", "company_id")
    op.drop_column("return_orders", "total")
    for table in ("cashbox_orders", "return_orders"):
        op.drop_column(table, "approved_by_id")
    op.drop_column("staff_users", "pin_hash")
    op.drop_column("staff_users", "totp_step")
    op.drop_column("staff_users", "totp_sealed")
    op.drop_table("staff_recovery_codes")
    op.drop_column("staff_sessions", "device")
    op.drop_column("staff_sessions", "address")
    op.drop_table("staff_devices")
    op.drop_table("sign_in_attempts")
    op.drop_table("staff_salons")
    op.drop_column("staff_users", "all_salons")
