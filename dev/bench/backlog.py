"""Work that waits, and rows that have long been done, filled in by PostgreSQL itself."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from dev.bench.bodies import PLACE, make_template

FIRST_COMPANY = 307_001
FIRST_RECORD = 700_000_000
# Far below what is measured, so that nothing measured meets a number of the past.
FIRST_PAST_RECORD = 1_000_000


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


# A visit is told of three times: created, changed, paid.
DELIVERIES_OF_A_VISIT = 3
_PAST: Sequence[str] = (
    """
    INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request, state,
                          attempts, fiscal_number, registration_number, shift_number, issued_at, issued_at_text,
                          receipt_url, created_at)
    SELECT cashboxes.company_id, cashboxes.id, 'sale', :record + n, 'altegio_' || :record + n, 9500, 0,
           jsonb_build_object('CashboxUniqueNumber', cashboxes.unique_number),
           'issued', 1, '33' || n, '600900800700', 3, past.at, to_char(past.at, 'DD.MM.YYYY HH24:MI:SS'),
           'https://consumer.example.kz/?i=33' || n, past.at
    FROM (SELECT n, now() - (:upto - n) * interval '10 seconds' - interval '1 day' AS at
          FROM generate_series(CAST(:from AS bigint), :upto - 1) AS n) AS past
         JOIN cashboxes ON cashboxes.company_id = :company + n % :cashboxes
    """,
    """
    INSERT INTO webhook_records (company_id, resource, resource_id, status, dedup_key, body, state, reason, receipt_id,
                                 changed_at, created_at, processed_at)
    SELECT company_id, 'record', record_id, told.status, 'past:' || record_id || ':' || told.place,
           jsonb_build_object('company_id', company_id, 'resource', 'record', 'resource_id', record_id,
             'status', told.status, 'data', jsonb_build_object('id', record_id, 'date', issued_at_text,
               'paid_full', told.place / 3)),
           told.state, told.reason, CASE told.place WHEN 3 THEN id END,
           created_at + told.place * interval '1 second', created_at, created_at
    FROM receipts CROSS JOIN (VALUES (1, 'create', 'ignored', 'superseded'), (2, 'update', 'ignored', 'superseded'),
                              (3, 'update', 'processed', NULL)) AS told (place, status, state, reason)
    WHERE record_id >= :record + :from AND record_id < :record + :upto
    """,
    """
    INSERT INTO fiscalization_logs (receipt_id, cashbox_id, operation, external_check_number, attempt, request, response,
                                    outcome, created_at, finished_at)
    SELECT id, cashbox_id, 'check', external_check_number, 1, request, jsonb_build_object('CheckNumber', fiscal_number),
           'issued', created_at, created_at
    FROM receipts WHERE record_id >= :record + :from AND record_id < :record + :upto
    """,
    """
    INSERT INTO visits (company_id, record_id, delivery_id, visit_at, day, client_name, client_phone, title, lines, total,
                        is_open, is_deleted, created_at)
    SELECT company_id, resource_id, id, created_at, created_at::date, 'Дана Книжная', '77010000000', 'Стрижка', '[]', 9500,
           false, false, created_at
    FROM webhook_records WHERE receipt_id IS NOT NULL AND resource_id >= :record + :from AND resource_id < :record + :upto
    """,
)


def add_past(connection: Connection, start: int, end: int, cashboxes: int) -> None:
    """Visits that were paid and issued long ago, numbers `start` to `end`: deliveries, a receipt and a call each."""
    values = {
        "company": FIRST_COMPANY,
        "cashboxes": cashboxes,
        "record": FIRST_PAST_RECORD,
        "from": start,
        "upto": end,
    }
    for statement in _PAST:
        connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
