"""Which receipt of a cashbox is due, and the commit that announces its call.

The statements are SQL as text, which shows what is changed and locked, and in which order; and built once: a receipt passes
here every time, and building costs more than running.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Interval, Row, TextClause, Uuid, bindparam, text

from shared.storage.db import Executor, SessionFactory, begin
from worker.cashbox.calls import CHECK
from worker.cashbox.claim import CashboxClaim, ClaimLost
from worker.cashbox.due_receipt import DueReceipt
from worker.issue.belief import LastKnown

_UUID = bindparam("claim", type_=Uuid)
_IS_DUE = "cashbox_id = :cashbox AND state IN ('pending', 'unknown') AND next_attempt_at <= now()"
_MUST_ASK = "(state = 'unknown' OR sending_since IS NOT NULL)"

# One with an unknown outcome first, since it holds up the shift; then the oldest. With it, the delivery it belongs to.
# And the cashbox's last document, whose shift no new one can come before.
# Chosen before it is locked: a lock on top of the order would have the whole backlog sorted, with its requests.
_PICK = f"""
WITH held AS (
    UPDATE cashboxes SET lease_until = greatest(lease_until, now() + :lease) WHERE id = :cashbox AND claim_id = :claim
    RETURNING unique_number, coalesce(paused_until > now(), false) AS is_paused,
              failures > 0 OR paused_since IS NOT NULL AS is_unwell
), due AS (
    SELECT id, kind, external_check_number, basis_receipt_id, total, request, attempts, budget_used, budget_starts_at,
           created_at, now() AS taken_at, error_kind, error_code, error_text, {_MUST_ASK} AS must_ask
    FROM receipts WHERE {_IS_DUE} AND id = (
        SELECT id FROM receipts WHERE {_IS_DUE} AND (SELECT NOT is_paused FROM held)
        ORDER BY {_MUST_ASK} DESC, id LIMIT 1
    ) FOR UPDATE
)
SELECT held.unique_number, held.is_unwell, due.*, delivery.id AS delivery_id, delivery.request_id,
       last.registration_number AS last_registration, last.shift_number AS last_shift
FROM held
     LEFT JOIN due ON true
     LEFT JOIN LATERAL (SELECT registration_number, shift_number FROM receipts
                        WHERE cashbox_id = :cashbox AND issued_at < now() + interval '1 year'
                        ORDER BY issued_at DESC, id DESC LIMIT 1) AS last ON due.id IS NOT NULL
     LEFT JOIN LATERAL (SELECT id, request_id FROM webhook_records WHERE receipt_id = due.id ORDER BY id LIMIT 1)
          AS delivery ON true
"""  # noqa: S608 -- nothing but the condition above
_LEASE = bindparam("lease", type_=Interval)
_PICK_WAITING = text(_PICK).bindparams(_UUID, _LEASE)
_PICK_UNLOCKED = text(_PICK.replace("FOR UPDATE", "FOR UPDATE SKIP LOCKED")).bindparams(_UUID, _LEASE)

# The body has no secret: the client adds the token.
_ANNOUNCE = text(
    """
    WITH announced AS (
        UPDATE receipts SET claim_id = :claim, attempts = attempts + 1, sending_since = now() WHERE id = :receipt
        RETURNING id, cashbox_id, external_check_number, attempts, request
    )
    INSERT INTO fiscalization_logs (receipt_id, cashbox_id, operation, external_check_number, attempt, request)
    SELECT id, cashbox_id, :operation, external_check_number, attempts, request FROM announced
    RETURNING id, attempt
    """
).bindparams(_UUID)
_MARK_UNKNOWN = text(
    """
    UPDATE receipts SET claim_id = :claim, state = 'unknown', unknown_since = coalesce(unknown_since, sending_since)
    WHERE id = :receipt
    """
).bindparams(_UUID)
_IS_ANY_DUE = text(f"SELECT EXISTS (SELECT FROM receipts WHERE {_IS_DUE})")  # noqa: S608


class Origin(NamedTuple):
    """The delivery a receipt belongs to, which is not always the one that asked for the turn."""

    record_id: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """A receipt that is about to be sent or, after a lost answer, asked for; `log_id` is the row of the call.

    `is_unwell`: the cashbox failed or was paused before, which a success ends. `last`: where it stood before this receipt.
    """

    receipt: DueReceipt
    cashbox_number: str
    must_ask: bool
    is_unwell: bool
    log_id: int | None
    origin: Origin
    last: LastKnown

    @property
    def announced(self) -> int:
        """Returns the row of the call; only a receipt that is sent has one."""
        assert self.log_id is not None
        return self.log_id


def take_next(sessions: SessionFactory, claim: CashboxClaim) -> Work | None:
    """Commits what is about to happen before it happens. Raises ClaimLost."""
    with begin(sessions) as connection:
        return _take(connection, claim, _PICK_WAITING)


def take_following(connection: Connection, claim: CashboxClaim) -> Work | None:
    """The same in a transaction that saves an outcome. It waits for no other: None where another has the row.

    Raises ClaimLost.
    """
    return _take(connection, claim, _PICK_UNLOCKED)


def announce_again(connection: Connection, work: Work) -> Work:
    """One more attempt at a receipt that is in hand already."""
    values = {"receipt": work.receipt.id, "claim": work.receipt.claim_id, "operation": CHECK}
    log_id, attempt = connection.execute(_ANNOUNCE, values).one()
    return replace(work, receipt=replace(work.receipt, attempts=attempt), log_id=log_id)


def is_any_due(executor: Executor, cashbox_id: int) -> bool:
    return bool(executor.execute(_IS_ANY_DUE, {"cashbox": cashbox_id}).scalar())


def _take(connection: Connection, claim: CashboxClaim, pick: TextClause) -> Work | None:
    """Extends the lease on the way."""
    values = {"cashbox": claim.cashbox_id, "claim": claim.claim_id, "lease": claim.lease}
    row = connection.execute(pick, values).first()
    if row is None:
        raise ClaimLost
    if row.id is None:
        return None
    work = Work(
        receipt=_to_receipt(row, claim),
        cashbox_number=row.unique_number,
        must_ask=row.must_ask,
        is_unwell=row.is_unwell,
        log_id=None,
        origin=Origin(row.delivery_id, row.request_id),
        last=LastKnown(row.last_registration, row.last_shift),
    )
    if not work.must_ask:
        return announce_again(connection, work)
    connection.execute(_MARK_UNKNOWN, {"receipt": work.receipt.id, "claim": claim.claim_id})
    return work


def _to_receipt(row: Row[Any], claim: CashboxClaim) -> DueReceipt:
    return DueReceipt(
        id=row.id,
        cashbox_id=claim.cashbox_id,
        claim_id=claim.claim_id,
        kind=row.kind,
        external_check_number=row.external_check_number,
        basis_receipt_id=row.basis_receipt_id,
        total=row.total,
        request=row.request,
        attempts=row.attempts,
        budget_used=row.budget_used,
        budget_starts_at=row.budget_starts_at,
        created_at=row.created_at,
        taken_at=row.taken_at,
        error_kind=row.error_kind,
        error_code=row.error_code,
        error_text=row.error_text,
    )
