"""Keep the dispatcher quick

Every delivery and every receipt passes through the partial indexes of open rows and leaves dead entries behind, which the
dispatcher walks over until a vacuum takes them. By default that comes after a fifth of the table has changed: at three million
rows that is days of work. After a twentieth the walk is some hundred pages at most. Orders of returns get their partial index.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_BUSY = ("webhook_records", "receipts")


def upgrade() -> None:
    op.create_index(
        "ix_return_orders_requested",
        "return_orders",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )
    for table in _BUSY:
        op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.05)")


def downgrade() -> None:
    for table in _BUSY:
        op.execute(f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor)")
    op.drop_index("ix_return_orders_requested", table_name="return_orders", postgresql_where=sa.text("state = 'requested'"))
