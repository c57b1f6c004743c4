"""Nothing stays open

The index of open deliveries holds those with a receipt too, so that who was left behind is found; those of retention hold
what never came to an end, which goes as well, only later.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_PERSONAL = "request ? 'CustomerEmail' OR request ? 'CustomerPhone' OR request ? 'CustomerXin'"
_OPEN = "state IN ('received', 'processing', 'retrying')"
_NAMED = "client_name IS NOT NULL OR client_phone IS NOT NULL"
# Name, table, column, condition now and before.
_INDEXES = (
    ("ix_webhook_records_open", "webhook_records", "next_attempt_at", _OPEN, f"{_OPEN} AND receipt_id IS NULL"),
    (
        "ix_webhook_records_full",
        "webhook_records",
        "created_at",
        "emptied_at IS NULL",
        "emptied_at IS NULL AND state IN ('processed', 'ignored', 'invalid')",
    ),
    ("ix_visits_personal", "visits", "day", _NAMED, f"NOT is_open AND ({_NAMED})"),
    ("ix_receipts_personal", "receipts", "created_at", _PERSONAL, f"state IN ('issued', 'rejected') AND ({_PERSONAL})"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, column, now, _ in _INDEXES:
            _rebuild(name, table, column, now)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, column, _, before in _INDEXES:
            _rebuild(name, table, column, before)


def _rebuild(name: str, table: str, column: str, condition: str) -> None:
    """Beside the running service, which has the old index until the new one is there; cut off, it may be run again."""
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_new")
    op.create_index(f"{name}_new", table, [column], postgresql_where=sa.text(condition), postgresql_concurrently=True)
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
