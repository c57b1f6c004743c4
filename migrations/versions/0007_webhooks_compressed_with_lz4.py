"""Bodies of webhooks are compressed with lz4: pglz takes as long for one as PostgreSQL takes for all the rest of the row"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Rows that are there stay as they are. A server that was built without lz4 goes on with pglz."""
    known = sa.text("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
    if op.get_bind().scalar(known):
        op.execute("ALTER TABLE webhook_records ALTER COLUMN body SET COMPRESSION lz4")


def downgrade() -> None:
    op.execute("ALTER TABLE webhook_records ALTER COLUMN body SET COMPRESSION default")
