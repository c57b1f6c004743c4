"""Find returns due"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_receipts_return_due",
        "receipts",
        ["id"],
        unique=False,
        postgresql_where=sa.text("return_due_reason IS NOT NULL AND NOT returned"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_receipts_return_due",
        table_name="receipts",
        postgresql_where=sa.text("return_due_reason IS NOT NULL AND NOT returned"),
    )
