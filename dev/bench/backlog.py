"""Work that waits, filled in by PostgreSQL itself."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from dev.bench.bodies import PLACE, make_template

FIRST_COMPANY = 307_001
FIRST_RECORD = 700_000_000


def number_of(cashbox: int) -> str:
    """The register's own number; cashboxes are counted from 0."""
    return f"SWK{cashbox + 100:08d}"


def add_cashboxes(connection: Connection, count: int) -> None:
    """One salon each."""
    rows = [{"number": number_of(place), "company": FIRST_COMPANY + place} for place in range(count)]
    statement = text("INSERT INTO cashboxes (unique_number, company_id) VALUES (:number, :company)")
    connection.execute(statement, rows)


def add_paid_visits(connection: Connection, count: int, cashboxes: int, first: int = FIRST_RECORD) -> Sequence[int]:
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
    values = {
        "company": FIRST_COMPANY,
        "cashboxes": cashboxes,
        "first": first,
        "count": count,
        "template": make_template().decode(),
        "place": PLACE,
    }
    return connection.execute(statement, values).scalars().all()


def wipe(connection: Connection) -> None:
    """Also what refers to them."""
    connection.execute(text("TRUNCATE webhook_records, cashboxes, receipts, visits CASCADE"))
