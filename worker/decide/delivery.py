"""A delivery in the hands of a worker: claimed, decided, put down again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Boolean, CursorResult, Interval, bindparam, case, func, null, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.fiscal.statuses import RecordState
from shared.logging import bind_contextvars, get_logger
from shared.storage.db import SessionFactory, open_alone
from shared.storage.later import do_later
from shared.storage.models import WebhookRecord
from shared.storage.statements import table_of
from worker.decide.resolution import Resolution

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a decision needs of the row; the claim brings it along. `claims` counts this claim as well.

    `now`: the database's time of the claim, by which all waiting is judged, since a worker's own clock may be wrong.
    """

    id: int
    claim_id: UUID
    claims: int
    company_id: int
    resource: str
    resource_id: int
    status: str
    body: Any
    changed_at: datetime | None
    created_at: datetime
    request_id: str | None
    now: datetime


_rows = table_of(WebhookRecord)
_lease_end = func.now() + bindparam("lease", type_=Interval)
_CLAIM = (
    update(_rows)
    .where(
        _rows.c.id == bindparam("row"),
        _rows.c.state.in_((RecordState.RECEIVED, RecordState.PROCESSING, RecordState.RETRYING)),
        _rows.c.receipt_id.is_(None),
        _rows.c.claim_id.is_(None) | (_rows.c.lease_until < func.now()),
    )
    .values(
        state=RecordState.PROCESSING,
        claim_id=bindparam("claim"),
        claims=_rows.c.claims + 1,
        lease_until=_lease_end,
        next_attempt_at=_lease_end,
    )
    .returning(*(_rows.c[name] for name in Delivery.__slots__ if name != "now"), func.now())
)
_PUT_DOWN = (
    update(_rows)
    .where(_rows.c.id == bindparam("row"), _rows.c.claim_id == bindparam("claim"))
    .values(
        state=bindparam("to"),
        reason=bindparam("reason"),
        error_code=bindparam("code"),
        receipt_id=bindparam("receipt"),
        claims=0,  # only claims that came to no end count
        claim_id=None,
        lease_until=None,
        processed_at=case((bindparam("is_end", type_=Boolean), func.now())),
        dead_letter_sent_at=case((bindparam("is_dead", type_=Boolean), null()), else_=_rows.c.dead_letter_sent_at),
        next_attempt_at=func.now() + bindparam("wait", type_=Interval),
    )
)
_GIVE_BACK = (
    update(_rows)
    .where(_rows.c.id == bindparam("row"), _rows.c.claim_id == bindparam("claim"))
    .values(
        claim_id=None,
        lease_until=None,
        claims=_rows.c.claims - 1,
        next_attempt_at=func.now() + bindparam("wait", type_=Interval),
    )
)
GIVE_BACK_WAIT = timedelta(seconds=2)


def claim_delivery(sessions: SessionFactory, row_id: int, lease_seconds: int) -> Delivery | None:
    """Committed before the work. None when it is not ours to decide.

    Deciding takes milliseconds; a claim older than the lease belongs to a worker that is gone.
    """
    values = {"row": row_id, "claim": uuid4(), "lease": timedelta(seconds=lease_seconds)}
    with open_alone(sessions) as connection:
        found = connection.execute(_CLAIM, values).first()
    return Delivery(*found) if found else None


def give_back(sessions: SessionFactory, delivery: Delivery, lease_seconds: int) -> None:
    """After the database was lost in the middle: somebody may try again soon, or once it is back, and the row is not to
    blame. Never raises.
    """

    def give() -> None:
        with open_alone(sessions) as connection:
            connection.execute(_GIVE_BACK, {"row": delivery.id, "claim": delivery.claim_id, "wait": GIVE_BACK_WAIT})

    try:
        give()
    except SQLAlchemyError as error:
        log.warning("given back once the database is back", record_id=delivery.id, error=type(error).__name__)
        do_later(give, within=timedelta(seconds=lease_seconds), name=f"give-back-{delivery.id}")


def put_down(session: Session, delivery: Delivery, resolution: Resolution) -> bool:
    """What became of it. False when the claim was lost: then nothing of the transaction may be kept."""
    values = {
        "row": delivery.id,
        "claim": delivery.claim_id,
        "to": resolution.state,
        "reason": resolution.reason,
        "code": resolution.code,
        "receipt": resolution.receipt_id,
        "is_end": resolution.is_end,
        "is_dead": resolution.state is RecordState.DEAD_LETTERED,
        # NULL where nothing is to be looked at again.
        "wait": None if resolution.wait_seconds is None else timedelta(seconds=resolution.wait_seconds),
    }
    saved = cast("CursorResult[Any]", session.execute(_PUT_DOWN, values))
    return saved.rowcount > 0


def bind_delivery(row: Delivery) -> None:
    """Until the task ends. A delivery that was put back carries the number of the request that brought it."""
    bind_contextvars(record_id=row.id)
    if row.request_id:
        bind_contextvars(request_id=row.request_id)
