"""The bridge's own tables: what is still open, what is issued, what a manager is asked to look at."""

from collections import defaultdict

from sqlalchemy import text

from dev.demo.postgres_server import Postgres

_OPEN = text(
    """
    SELECT 'delivery ' || id || ' ' || state || coalesce(' ' || error_code, '') || coalesce(': ' || reason, '')
      FROM webhook_records WHERE state IN ('received', 'processing', 'retrying')
    UNION ALL
    SELECT 'receipt ' || external_check_number || ' ' || state FROM receipts WHERE state IN ('pending', 'unknown')
    """
)
# A difference is a question to a manager; whatever else was given up or cannot be read is a failure.
_FAILED = text(
    """
    SELECT 'delivery ' || id || ' of ' || resource || ' ' || resource_id || ' ' || state
           || coalesce(' ' || error_code, '') || coalesce(': ' || reason, '')
      FROM webhook_records
     WHERE state = 'invalid' OR (state = 'dead_lettered' AND error_code IS DISTINCT FROM 'difference')
    """
)
_ISSUED = text("SELECT external_check_number FROM receipts WHERE state = 'issued'")
_FLAGS = text(
    """
    SELECT external_check_number AS number, 'return_due' AS flag
      FROM receipts WHERE return_due_reason IS NOT NULL AND NOT returned
    UNION
    SELECT receipts.external_check_number, 'difference'
      FROM webhook_records JOIN receipts ON receipts.id = webhook_records.receipt_id
     WHERE webhook_records.state = 'dead_lettered' AND webhook_records.error_code = 'difference'
    """
)
_CAUGHT_UP = text("SELECT count(*) FROM webhook_records WHERE source = 'catch_up'")


class Tables:
    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def list_open(self) -> list[str]:
        with self._postgres.connect() as connection:
            return list(connection.scalars(_OPEN))

    def list_failed(self) -> list[str]:
        with self._postgres.connect() as connection:
            return list(connection.scalars(_FAILED))

    def list_issued(self) -> set[str]:
        with self._postgres.connect() as connection:
            return set(connection.scalars(_ISSUED))

    def find_flags(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        with self._postgres.connect() as connection:
            for number, flag in connection.execute(_FLAGS):
                found[number].add(flag)
        return dict(found)

    def count_caught_up(self) -> int:
        """Webhooks that never came and were taken over from Altegio."""
        with self._postgres.connect() as connection:
            return int(connection.scalar(_CAUGHT_UP) or 0)
