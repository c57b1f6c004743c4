"""Webhook addresses of salons

Which generations of a salon's own webhook secret are in force.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "webhook_addresses",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("newest", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("oldest", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_addresses")),
        sa.UniqueConstraint("company_id", name=op.f("uq_webhook_addresses_company_id")),
    )


def downgrade() -> None:
    op.drop_table("webhook_addresses")
