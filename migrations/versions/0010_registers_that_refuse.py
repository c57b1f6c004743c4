"""Registers that refuse

A cashbox that refuses us is paused until it takes a receipt again, with the code that says what to do; one that keeps failing
is left alone longer each time.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("cashboxes", sa.Column("paused_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cashboxes", sa.Column("paused_code", sa.Text(), nullable=True))
    op.add_column("cashboxes", sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE cashboxes SET paused_since = now() WHERE paused_until > now()")


def downgrade() -> None:
    op.drop_column("cashboxes", "failures")
    op.drop_column("cashboxes", "paused_code")
    op.drop_column("cashboxes", "paused_since")
