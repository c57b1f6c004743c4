-- Days of salons in the tables, as the ingress, the worker and the payment page would have left them. `past.py` runs
-- the statements by the names in front of them.

-- name: long ago
-- Visits are numbered from 0; the salons take turns. Those of long ago follow each other and are all issued.
CREATE TEMP TABLE told AS
SELECT n, :company + n % :cashboxes AS company_id, :record + n AS record_id, 'issued' AS fate,
       now() - (:upto - n) * interval '10 seconds' - interval '1 day' AS at
FROM generate_series(CAST(:from AS bigint), :upto - 1) AS n;

-- name: these days
-- Those of these days take turns in days, and within a day go from the newest to the oldest. Every day has its share of
-- each fate; the rest is issued. All of a day is on that day of Almaty's calendar, at whatever hour this runs.
CREATE TEMP TABLE told AS
SELECT n, :company + n % :cashboxes AS company_id, :record + n AS record_id,
       CASE WHEN (n / :days) % 100 < :awaiting THEN 'awaiting' WHEN (n / :days) % 100 = 2 THEN 'dead'
         WHEN (n / :days) % 100 = 3 THEN 'return_due' WHEN (n / :days) % 1000 = 4 THEN 'queued'
         WHEN (n / :days) % 100 = 5 THEN 'deleted' ELSE 'issued' END AS fate,
       now() - (n % :days) * interval '1 day'
         - ((n / :days) % 600) / 601.0 * least(now() - date_trunc('day', now(), 'Asia/Almaty'), interval '601 minutes') AS at
FROM generate_series(CAST(:from AS bigint), :upto - 1) AS n;

-- name: plan
CREATE TEMP TABLE plan AS
SELECT told.*, cashboxes.id AS cashbox_id, cashboxes.unique_number, 3000 + n % 40 * 250 AS total,
       (at AT TIME ZONE 'Asia/Almaty')::date AS day,
       (ARRAY['Айгүл','Дана','Тимур','Сәуле','Ольга','Марат','Әлия','Виктория'])[1 + n % 8] || ' '
         || (ARRAY['Байтерек','Вымышленная','Ертөстік','Книжная','Сандуғаш'])[1 + n / 8 % 5] || ' ' || n AS name,
       '7701' || lpad((n * 7919 % 10000000)::text, 7, '0') AS phone
FROM told JOIN cashboxes USING (company_id);

-- name: receipts
INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request, state,
                      attempts, fiscal_number, registration_number, shift_number, issued_at, issued_at_text, receipt_url,
                      return_due_reason, next_attempt_at, staff_user_id, created_at)
SELECT company_id, cashbox_id, 'sale', record_id, 'altegio_' || record_id, total, 0,
       jsonb_build_object('CashboxUniqueNumber', unique_number, 'Change', 0,
         'Payments', jsonb_build_array(jsonb_build_object('Sum', total, 'PaymentType', (ARRAY[1, 1, 4, 0, 1])[1 + n / :days % 5])),
         'Positions', jsonb_build_array(jsonb_build_object('PositionName', 'Стрижка', 'Count', 1, 'Price', total,
           'Discount', 0, 'Markup', 0, 'TaxType', 0, 'TaxPercent', NULL, 'Tax', 0))),
       CASE fate WHEN 'queued' THEN 'pending' ELSE 'issued' END, 1,
       CASE WHEN fate <> 'queued' THEN '33' || record_id END, '600900800700', day - date '2020-01-01', at,
       to_char(at, 'DD.MM.YYYY HH24:MI:SS'), 'https://consumer.example.kz/?i=33' || record_id,
       CASE fate WHEN 'return_due' THEN 'the record was deleted' END,
       CASE fate WHEN 'queued' THEN now() + interval '1 hour' END,
       CASE WHEN fate = 'issued' AND n % 3 = 0 THEN (SELECT min(id) FROM staff_users) END, at
FROM plan WHERE fate IN ('issued', 'return_due', 'queued') ORDER BY at;

-- name: deliveries
INSERT INTO webhook_records (company_id, resource, resource_id, status, dedup_key, body, state, reason, error_code,
                             receipt_id, changed_at, created_at, processed_at)
SELECT company_id, 'record', plan.record_id, delivery.status, 'past-' || plan.record_id || '-' || place,
       jsonb_build_object('company_id', company_id, 'resource', 'record', 'resource_id', plan.record_id,
         'status', delivery.status, 'data', jsonb_build_object('id', plan.record_id, 'date', at, 'paid_full', place / 3)),
       CASE WHEN place < 3 OR fate = 'deleted' THEN 'ignored' WHEN fate = 'awaiting' THEN 'awaiting_payment'
         WHEN fate = 'dead' THEN 'dead_lettered' WHEN fate = 'queued' THEN 'processing' ELSE 'processed' END,
       CASE WHEN place < 3 THEN 'superseded' WHEN fate = 'dead' THEN 'the cashbox is blocked' END,
       CASE WHEN place = 3 AND fate = 'dead' THEN '7' END, CASE place WHEN 3 THEN receipts.id END,
       at + place * interval '1 second', at, at
FROM plan LEFT JOIN receipts USING (company_id, record_id)
     CROSS JOIN (VALUES (1, 'create'), (2, 'update'), (3, 'update')) AS delivery (place, status)
ORDER BY at, place;

-- name: visits
INSERT INTO visits (company_id, record_id, visit_id, delivery_id, visit_at, day, client_name, client_phone, title, lines, total,
                    is_open, is_deleted, specialist, created_at)
SELECT plan.company_id, record_id, record_id + 50000000, delivery.id, at, day, name, phone, 'Стрижка',
       jsonb_build_array(jsonb_build_object('name', 'Стрижка', 'is_service', true, 'count', 1, 'price', total,
         'discount', 0, 'total', total)),
       total, fate = 'awaiting', fate = 'deleted', (ARRAY['Гүлнар','Жанна','Руслан'])[1 + n % 3], at
FROM plan JOIN webhook_records AS delivery ON delivery.dedup_key = 'past-' || plan.record_id || '-3' ORDER BY n DESC;

-- name: calls
-- What the worker leaves beside its receipts.
INSERT INTO fiscalization_logs (receipt_id, cashbox_id, operation, external_check_number, attempt, request, response,
                                outcome, created_at, finished_at)
SELECT id, cashbox_id, 'check', external_check_number, 1, request, jsonb_build_object('CheckNumber', fiscal_number),
       'issued', created_at, created_at
FROM plan JOIN receipts USING (company_id, cashbox_id, record_id);

-- name: checkouts
-- What the payment page leaves. A staff user has to exist.
INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total, created_at)
SELECT company_id, record_id, (SELECT min(id) FROM staff_users), gen_random_uuid(), total, at
FROM plan WHERE fate = 'issued' AND n % 3 = 0;

-- name: audit events
INSERT INTO audit_events (staff_user_id, action, subject, details, created_at)
SELECT staff_user_id, 'payment_taken', 'visit ' || visits.id,
       jsonb_build_object('kinds', jsonb_build_object('card', checkouts.total)), checkouts.created_at
FROM checkouts JOIN visits USING (company_id, record_id) ORDER BY checkouts.created_at;

-- name: return orders
INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, lines, state, refusal, created_at)
SELECT receipts.id, (SELECT min(id) FROM staff_users), gen_random_uuid(), 'клиент передумал', '[]', wish.state,
       wish.refusal, at
FROM plan JOIN receipts USING (record_id)
     JOIN (VALUES (7, 'requested', NULL), (107, 'refused', 'not enough cash')) AS wish (place, state, refusal)
       ON (n / :days) % 1000 = wish.place;
