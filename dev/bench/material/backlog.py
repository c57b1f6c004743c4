"""Work that waits, filled in by PostgreSQL itself."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from dev.bench.material.bodies import PLACE, make_template

FIRST_COMPANY = 307_001
FIRST_RECORD = 700_000_000
ISSUED, UNDECIDED = "receipts WHERE state = 'issued'", "webhook_records WHERE state = 'received'"


def number_of(cashbox: int) -> str:
    """The register's own number; cashboxes are counted from 0."""
    return f"SWK{cashbox + 100:08d}"


def company_of(number: int) -> int:
    """The salon of a visit: the first fifty take turns."""
    return FIRST_COMPANY + number % 50


def add_paid_visits(connection: Connection, number: int, cashboxes: int) -> Sequence[int]:
    """Deliveries as the ingress leaves them, the salons taking turns; returns the ids in order.

    The dispatcher is to leave them alone: each has its message, which the caller sends.
    """
    statement = text(
        """
        INSERT INTO webhook_records (company_id, resource, resource_id, status, dedup_key, body, changed_at, next_attempt_at)
        SELECT :company + n % :cashboxes, 'record', :first + n, 'update', 'bench:' || :first + n,
               replace(:template, :place, (:first + n)::text)::jsonb, now(), now() + interval '1 hour'
        FROM generate_series(0, :count - 1) AS n ORDER BY n RETURNING id
        """
    )
    salons = {"company": FIRST_COMPANY, "cashboxes": cashboxes}
    bodies = {"first": FIRST_RECORD, "count": number, "template": make_template().decode(), "place": PLACE}
    return connection.execute(statement, salons | bodies).scalars().all()


def count(connection: Connection, rows: str) -> int:
    """How many there are: `rows` names a table and may say which of it."""
    return int(connection.scalar(text(f"SELECT count(*) FROM {rows}")) or 0)
