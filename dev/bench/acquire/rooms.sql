-- What the pages beside the desk show, added to the visits of `past.sql`, whose numbers it goes by. `rooms.py` runs the
-- statements by the names in front of them, in this order.

-- name: staff
INSERT INTO staff_users (login, name, password_hash, role, all_salons)
SELECT 'cashier-' || n, (ARRAY['Айнұр','Болат','Вера','Гаухар'])[1 + n % 4] || ' ' || n, 'x', 'cashier', false
FROM generate_series(1, 20) AS n;

-- name: salons of staff
INSERT INTO staff_salons (staff_user_id, company_id) SELECT id, :company FROM staff_users WHERE NOT all_salons;

-- name: browsers of staff
INSERT INTO staff_devices (staff_user_id, device_hash, used_at)
SELECT id, login || n, now() - n * interval '1 day' FROM staff_users, generate_series(1, 10) AS n;

-- name: refused receipts
-- Of visits that were given up: Webkassa said no.
WITH refused AS (
  INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request, state, attempts,
                        error_kind, error_code, error_text, created_at)
  SELECT visits.company_id, cashboxes.id, 'sale', record_id, 'altegio_' || record_id, visits.total, 0,
         jsonb_build_object('Change', 0,
           'Payments', jsonb_build_array(jsonb_build_object('Sum', visits.total, 'PaymentType', 1)),
           'Positions', jsonb_build_array(jsonb_build_object('PositionName', title, 'Count', 1, 'Price', visits.total))),
         'rejected', 1, 'CashboxBlocked', '7', 'the cashbox is blocked', visit_at
  FROM visits JOIN webhook_records ON webhook_records.id = delivery_id JOIN cashboxes ON cashboxes.company_id = :company
  WHERE webhook_records.state = 'dead_lettered' RETURNING id, record_id)
UPDATE webhook_records SET receipt_id = refused.id FROM refused WHERE resource_id = refused.record_id AND state = 'dead_lettered';

-- name: payments of visits
-- One of a thousand names another sum than its receipt.
INSERT INTO payment_records (company_id, operation_id, record_id, kind, amount, sold_item_type, is_outgo, paid_at, changed_at,
                             checkout_id)
SELECT receipts.company_id, CASE WHEN checkouts.id IS NULL THEN :operation + receipts.id END, receipts.record_id,
       CASE request #>> '{Payments,0,PaymentType}' WHEN '0' THEN 'cash' WHEN '4' THEN 'mobile' ELSE 'card' END,
       receipts.total + CASE WHEN receipts.id % 1000 = 9 THEN 500 ELSE 0 END, 'service', false, receipts.created_at,
       receipts.created_at, checkouts.id
FROM receipts LEFT JOIN checkouts USING (company_id, record_id);

-- name: goods over the counter
-- One of fifty is a deposit topped up, one a certificate.
INSERT INTO receipts (company_id, cashbox_id, kind, document_id, external_check_number, total, tax, request, state, attempts,
                      fiscal_number, registration_number, shift_number, issued_at, issued_at_text, receipt_url, created_at)
SELECT :company, cashboxes.id, 'sale', :document + n,
       CASE n % 50 WHEN 7 THEN 'altegio_deposit_' ELSE 'altegio_doc_' END || :document + n, price, 0,
       jsonb_build_object('CashboxUniqueNumber', unique_number, 'Change', 0,
         'Payments', jsonb_build_array(jsonb_build_object('Sum', price, 'PaymentType', (ARRAY[1, 4, 0])[1 + n % 3])),
         'Positions', jsonb_build_array(jsonb_build_object('PositionName', 'Шампунь ' || n % 30, 'Count', 1, 'Price', price,
           'Discount', 0, 'Markup', 0, 'TaxType', 0, 'TaxPercent', NULL, 'Tax', 0))),
       'issued', 1, '44' || n, '600900800700', day - date '2020-01-01', at, to_char(at, 'DD.MM.YYYY HH24:MI:SS'),
       'https://consumer.example.kz/?i=44' || n, at
FROM (SELECT row_number() OVER (ORDER BY id) AS n, 1500 + id % 37 * 100 AS price, visit_at AS at, day
      FROM visits WHERE id % 20 = 0) AS sold JOIN cashboxes ON cashboxes.company_id = :company;

-- name: deliveries of goods
INSERT INTO webhook_records (company_id, resource, resource_id, document_id, status, dedup_key, body, state, receipt_id,
                             changed_at, created_at, processed_at)
SELECT company_id, 'goods_operations_sale', document_id + 100000000, document_id, 'create', 'goods-' || document_id,
       jsonb_build_object('company_id', company_id, 'resource', 'goods_operations_sale', 'status', 'create',
         'data', jsonb_build_object('id', document_id + 100000000, 'cost', total)),
       'processed', id, created_at, created_at, created_at
FROM receipts WHERE document_id IS NOT NULL;

-- name: payments of goods
INSERT INTO payment_records (company_id, operation_id, document_id, kind, amount, purpose, sold_item_type, is_outgo, paid_at,
                             changed_at)
SELECT company_id, :operation + id, document_id,
       CASE request #>> '{Payments,0,PaymentType}' WHEN '0' THEN 'cash' WHEN '4' THEN 'mobile' ELSE 'card' END, total,
       CASE WHEN external_check_number LIKE 'altegio_deposit%' THEN 'deposit' ELSE 'sale' END,
       CASE document_id % 50 WHEN 8 THEN 'loyalty_certificate' ELSE 'good' END, false, created_at, created_at
FROM receipts WHERE document_id IS NOT NULL;

-- name: prepayments
-- Of a quarter of the visits that await payment.
INSERT INTO receipts (company_id, cashbox_id, kind, record_id, operation_id, external_check_number, total, tax, request,
                      state, attempts, fiscal_number, registration_number, shift_number, issued_at, created_at)
SELECT :company, cashboxes.id, 'sale', record_id, :operation - record_id, 'altegio_' || record_id || '_p1', 1000, 0,
       jsonb_build_object('Change', 0, 'Payments', jsonb_build_array(jsonb_build_object('Sum', 1000, 'PaymentType', 4)),
         'Positions', jsonb_build_array(jsonb_build_object('PositionName', 'Предоплата', 'Count', 1, 'Price', 1000))),
       'issued', 1, '55' || record_id, '600900800700', day - date '2020-01-01', visit_at, visit_at
FROM visits JOIN cashboxes ON cashboxes.company_id = :company WHERE is_open AND record_id % 4 = 0;

-- name: payments in advance
INSERT INTO payment_records (company_id, operation_id, record_id, kind, amount, sold_item_type, is_outgo, paid_at, changed_at)
SELECT company_id, operation_id, record_id, 'mobile', total, 'service', false, created_at, created_at
FROM receipts WHERE operation_id IS NOT NULL;

-- name: returned sales
UPDATE receipts SET returned = true
WHERE record_id % 100 = 51 AND state = 'issued' AND return_due_reason IS NULL AND operation_id IS NULL;

-- name: return receipts
INSERT INTO receipts (company_id, cashbox_id, kind, record_id, basis_receipt_id, external_check_number, total, tax, request,
                      state, attempts, fiscal_number, registration_number, shift_number, issued_at, staff_user_id, created_at)
SELECT company_id, cashbox_id, 'return', record_id, id, external_check_number || '_r1', total, 0, request, 'issued', 1,
       '66' || id, registration_number, shift_number, issued_at, (SELECT min(id) FROM staff_users), issued_at
FROM receipts WHERE returned;

-- name: orders of returns
INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, reason_code, lines, state, return_receipt_id, total,
                           created_at)
SELECT basis_receipt_id, staff_user_id, gen_random_uuid(), 'changed_mind', 'changed_mind', '[]', 'accepted', id, total,
       created_at
FROM receipts WHERE kind = 'return';

-- name: money handed back
-- One of twenty was forgotten.
INSERT INTO hand_backs (return_receipt_id, kind, amount, ticked_by_id, ticked_at)
SELECT id, CASE request #>> '{Payments,0,PaymentType}' WHEN '0' THEN 'cash' WHEN '4' THEN 'mobile' ELSE 'card' END, total,
       CASE WHEN id % 20 > 0 THEN staff_user_id END, CASE WHEN id % 20 > 0 THEN issued_at END
FROM receipts WHERE kind = 'return';

-- name: papers
-- The customers' addresses are numbered.
INSERT INTO receipt_papers (receipt_id, token, taxpayer_name, taxpayer_number, address, operator_name)
SELECT id, lpad(row_number() OVER (ORDER BY id)::text, 22, '0'), 'ТОО Вымысел', '000000000000', 'Алматы', 'ОФД' FROM receipts WHERE state = 'issued';

-- name: messages to customers
INSERT INTO customer_messages (receipt_id, company_id, channel, state, attempts, ended_at, created_at)
SELECT id, company_id, 'email', CASE WHEN id % 300 = 0 THEN 'refused' ELSE 'handed_over' END, 1, issued_at, issued_at
FROM receipts WHERE state = 'issued' AND id % 3 = 0;

-- name: answers of the operator
INSERT INTO operator_checks (receipt_id, host, state, attempts, asked_at)
SELECT id, 'consumer.example.kz', 'confirmed', 1, issued_at FROM receipts WHERE receipt_url IS NOT NULL;

-- name: marks of visits
INSERT INTO visit_marks (company_id, record_id, receipts, state, attempts, next_attempt_at, written_at)
SELECT DISTINCT ON (company_id, record_id) company_id, record_id, 1, 'done', 1, NULL::timestamptz, issued_at
FROM receipts WHERE record_id IS NOT NULL AND state = 'issued';

-- name: calls
INSERT INTO fiscalization_logs (receipt_id, cashbox_id, operation, external_check_number, attempt, request, response, outcome,
                                error_code, created_at, finished_at)
SELECT id, cashbox_id, 'check', external_check_number, 1, request, jsonb_build_object('CheckNumber', fiscal_number),
       CASE state WHEN 'issued' THEN 'issued' ELSE 'rejected' END, error_code, created_at, created_at
FROM receipts WHERE attempts > 0 AND state IN ('issued', 'rejected');

-- name: shifts
-- One a day; today's is open.
INSERT INTO shifts (cashbox_id, registration_number, number, opened_at, closed_at, closed_by, report)
SELECT cashbox_id, '600900800700', shift_number, min(issued_at),
       CASE WHEN shift_number < max(shift_number) OVER () THEN max(issued_at) + interval '1 minute' END,
       CASE WHEN shift_number < max(shift_number) OVER () THEN 'schedule' END,
       CASE WHEN shift_number < max(shift_number) OVER () THEN jsonb_build_object(
         'ShiftNumber', shift_number, 'CashboxRN', '600900800700', 'DocumentCount', count(*), 'SumInCashbox', 50000,
         'Sell', jsonb_build_object('Count', count(*) FILTER (WHERE kind = 'sale'), 'PaymentsByTypesApiModel',
           jsonb_build_array(
             jsonb_build_object('Type', 0, 'Sum', sum(total) FILTER (WHERE kind = 'sale' AND way = '0')),
             jsonb_build_object('Type', 1, 'Sum', sum(total) FILTER (WHERE kind = 'sale' AND way = '1')),
             jsonb_build_object('Type', 4, 'Sum', sum(total) FILTER (WHERE kind = 'sale' AND way = '4')))),
         'ReturnSell', jsonb_build_object('Count', count(*) FILTER (WHERE kind = 'return'), 'PaymentsByTypesApiModel',
           jsonb_build_array(
             jsonb_build_object('Type', 0, 'Sum', coalesce(sum(total) FILTER (WHERE kind = 'return' AND way = '0'), 0)),
             jsonb_build_object('Type', 1, 'Sum', coalesce(sum(total) FILTER (WHERE kind = 'return' AND way = '1'), 0)),
             jsonb_build_object('Type', 4, 'Sum', coalesce(sum(total) FILTER (WHERE kind = 'return' AND way = '4'), 0)))))
       END
FROM (SELECT *, request #>> '{Payments,0,PaymentType}' AS way FROM receipts WHERE state = 'issued') AS issued
GROUP BY cashbox_id, shift_number ORDER BY shift_number;

-- name: orders of cashboxes
INSERT INTO cashbox_orders (cashbox_id, kind, form_key, ordered_by, staff_user_id, amount, reason, state, result,
                            shift_number, done_at, created_at)
SELECT cashbox_id, kind, gen_random_uuid(), 'staff:manager', (SELECT min(id) FROM staff_users),
       CASE kind WHEN 'x_report' THEN NULL ELSE 20000 END, 'размен', 'done',
       CASE kind WHEN 'x_report' THEN NULL ELSE jsonb_build_object('Sum', 50000) END, number, opened_at, opened_at
FROM shifts, unnest(ARRAY['deposit', 'x_report', 'withdrawal']) AS kind ORDER BY opened_at;

-- name: repeats
INSERT INTO replays (webhook_record_id, receipt_id, actor, reason, from_state, created_at)
SELECT id, receipt_id, 'staff:manager', 'put back to work', 'dead_lettered', created_at
FROM webhook_records WHERE state = 'processed' AND id % 500 = 0;

-- name: rare deliveries
-- That make no sense, and that are tried again.
INSERT INTO webhook_records (company_id, resource, dedup_key, body, state, reason, next_attempt_at, created_at)
SELECT :company, 'record', 'rare-' || n, '{}', CASE WHEN n % 10 = 0 THEN 'retrying' ELSE 'invalid' END,
       CASE WHEN n % 10 = 0 THEN NULL ELSE 'no record' END, CASE WHEN n % 10 = 0 THEN now() + interval '1 hour' END, now()
FROM generate_series(1, 200) AS n;

-- name: more of the trail
INSERT INTO audit_events (staff_user_id, action, subject, company_id, details, created_at)
SELECT staff_user_id, action, CASE action WHEN 'return_ordered' THEN 'receipt ' || basis_receipt_id END,
       CASE action WHEN 'return_ordered' THEN company_id END, '{}', created_at
FROM receipts, unnest(ARRAY['signed_in', 'return_ordered']) AS action WHERE kind = 'return' ORDER BY created_at;

-- name: tasks in hands
INSERT INTO task_notes (kind, subject_id, owner_id, put_off_until)
SELECT 'dead_letter', id, (SELECT min(id) FROM staff_users),
       CASE WHEN id % 2 = 0 THEN now() + interval '1 day' END
FROM webhook_records WHERE state = 'dead_lettered' AND id % 7 = 0;
