"""A salon chain's days in the tables, as the worker and the payment page would have left them."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

FIRST_RECORD = 700_000_001
DAYS = 10
COMPANY = 307626

# `n` counts visits from 0: the days take turns, and within a day it goes from the newest to the oldest. Every day has
# its share of each state; the rest is issued.
AWAITING_OF_HUNDRED = 2
_PLACE = f"(n / {DAYS})"
_STATE = f"""CASE WHEN {_PLACE} % 100 < {AWAITING_OF_HUNDRED} THEN 'awaiting' WHEN {_PLACE} % 100 = 2 THEN 'dead'
            WHEN {_PLACE} % 100 = 3 THEN 'return_due' WHEN {_PLACE} % 1000 = 4 THEN 'queued'
            WHEN {_PLACE} % 100 = 5 THEN 'deleted' ELSE 'issued' END"""

_PLAN = f"""
CREATE TEMP TABLE plan AS
SELECT n, {FIRST_RECORD} + n AS record_id, {_STATE} AS fate,
       (now() AT TIME ZONE 'Asia/Almaty')::date - (n % {DAYS})::int AS day,
       now() - (n % {DAYS}) * interval '1 day' - (n / {DAYS} % 600) * interval '1 minute' AS at,
       (ARRAY['Айгүл','Дана','Тимур','Сәуле','Ольга','Марат','Әлия','Виктория'])[1 + n % 8] || ' '
         || (ARRAY['Байтерек','Вымышленная','Ертөстік','Книжная','Сандуғаш'])[1 + n / 8 % 5] || ' ' || n AS name,
       '7701' || lpad((n * 7919 % 10000000)::text, 7, '0') AS phone,
       3000 + n % 40 * 250 AS total
FROM generate_series(0, :visits - 1) AS n
"""

_FILL: Sequence[str] = (
    "INSERT INTO cashboxes (unique_number) VALUES ('SWK00000001')",
    """
    INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request, state,
                          attempts, fiscal_number, registration_number, shift_number, issued_at, issued_at_text, receipt_url,
                          return_due_reason, next_attempt_at, created_at)
    SELECT :company, (SELECT id FROM cashboxes), 'sale', record_id, 'altegio_' || record_id, total, 0,
           jsonb_build_object('CashboxUniqueNumber', 'SWK00000001', 'Change', 0,
             'Payments', jsonb_build_array(jsonb_build_object('Sum', total, 'PaymentType', 1)),
             'Positions', jsonb_build_array(jsonb_build_object('PositionName', 'Стрижка', 'Count', 1, 'Price', total,
               'Discount', 0, 'Markup', 0, 'TaxType', 0, 'TaxPercent', NULL, 'Tax', 0))),
           CASE fate WHEN 'queued' THEN 'pending' ELSE 'issued' END, 1,
           CASE WHEN fate <> 'queued' THEN '33' || record_id END, '600900800700', 3, at,
           to_char(at, 'DD.MM.YYYY HH24:MI:SS'), 'https://consumer.example.kz/?i=33' || record_id,
           CASE fate WHEN 'return_due' THEN 'the record was deleted' END,
           CASE fate WHEN 'queued' THEN now() + interval '1 hour' END, at
    FROM plan WHERE fate IN ('issued', 'return_due', 'queued')
    """,
    """
    INSERT INTO webhook_records (company_id, resource, resource_id, status, dedup_key, body, state, reason, error_code,
                                 receipt_id, created_at, processed_at)
    SELECT :company, 'record', plan.record_id, 'update', 'bench-' || n,
           jsonb_build_object('data', jsonb_build_object('id', n)),
           CASE fate WHEN 'awaiting' THEN 'awaiting_payment' WHEN 'dead' THEN 'dead_lettered' WHEN 'queued' THEN 'processing'
             WHEN 'deleted' THEN 'ignored' ELSE 'processed' END,
           CASE fate WHEN 'dead' THEN 'the cashbox is blocked' END, CASE fate WHEN 'dead' THEN '7' END, receipts.id, at, at
    FROM plan LEFT JOIN receipts ON receipts.record_id = plan.record_id ORDER BY n DESC
    """,
    """
    INSERT INTO visits (company_id, record_id, delivery_id, visit_at, day, client_name, client_phone, title, lines, total,
                        is_open, is_deleted, created_at)
    SELECT :company, plan.record_id, delivery.id, at, day, name, phone, 'Стрижка',
           jsonb_build_array(jsonb_build_object('name', 'Стрижка', 'is_service', true, 'count', 1, 'price', total,
             'discount', 0, 'total', total)),
           total, fate = 'awaiting', fate = 'deleted', at
    FROM plan JOIN webhook_records AS delivery ON delivery.dedup_key = 'bench-' || n ORDER BY n DESC
    """,
    """
    INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total, created_at)
    SELECT :company, record_id, (SELECT min(id) FROM staff_users), gen_random_uuid(), total, at
    FROM plan WHERE fate = 'issued' AND n % 3 = 0
    """,
    """
    INSERT INTO audit_events (staff_user_id, action, subject, details, created_at)
    SELECT staff_user_id, 'payment_taken', 'visit ' || visits.id,
           jsonb_build_object('kinds', jsonb_build_object('card', checkouts.total)), checkouts.created_at
    FROM checkouts JOIN visits USING (company_id, record_id) ORDER BY checkouts.created_at
    """,
    f"""
    INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, lines, state, refusal, created_at)
    SELECT receipts.id, (SELECT min(id) FROM staff_users), gen_random_uuid(), 'клиент передумал', '[]', wish.state,
           wish.refusal, at
    FROM plan JOIN receipts USING (record_id)
         JOIN (VALUES (7, 'requested', NULL), (107, 'refused', 'not enough cash')) AS wish (place, state, refusal)
           ON n / {DAYS} % 1000 = wish.place
    """,
    "DROP TABLE plan",
)


def find_awaiting(visits: int, number: int) -> int:
    """The id of the visit that awaits payment, counted from 0: ids were given in the order of `n`, backwards."""
    a_block = DAYS * AWAITING_OF_HUNDRED
    return visits - (number % a_block + number // a_block * DAYS * 100)


def count_awaiting(visits: int) -> int:
    """No less than that many of them."""
    return visits // (DAYS * 100) * DAYS * AWAITING_OF_HUNDRED


def fill(connection: Connection, visits: int) -> None:
    """`visits` over ten days. A staff user has to exist. The connection commits each statement."""
    connection.execute(text(_PLAN), {"visits": visits})
    for statement in _FILL:
        connection.execute(text(statement), {"company": COMPANY} if ":company" in statement else {})
    connection.execute(text("VACUUM ANALYZE"))
