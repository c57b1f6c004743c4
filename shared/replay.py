"""Puts given-up work back on a person's word. The row goes the way of a first try, under the same external number.

What is known at Webkassa is never sent again: an issued receipt is left alone, and one of unknown outcome is asked for
first. Who, when and why is kept in `replays`.
"""

from dataclasses import dataclass
from enum import StrEnum

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.fiscal.statuses import ReceiptState, RecordState
from shared.logging import get_logger
from shared.queue import DEAD_LETTER, publish_records
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt, Replay, WebhookRecord

log = get_logger(__name__)

REPLAYABLE = (
    RecordState.DEAD_LETTERED,
    RecordState.RETRYING,
    RecordState.RECEIVED,
    RecordState.PROCESSING,
    RecordState.AWAITING_PAYMENT,
    RecordState.IGNORED,
)


class Outcome(StrEnum):
    """Says what became of a replay, in words for whoever asked."""

    REPLAYED = "replayed"
    ALREADY_ISSUED = "already issued"
    NOT_FOUND = "not found"
    NOT_QUEUED = "put back, but the broker is away: the dispatcher will take it"
    NOT_POSSIBLE = "cannot be replayed"


@dataclass(frozen=True, slots=True)
class Result:
    """Says what became of the replay of one delivery."""

    row_id: int
    outcome: Outcome

    @property
    def failed(self) -> bool:
        """Says whether there is something left to do for whoever asked."""
        return self.outcome in (Outcome.NOT_FOUND, Outcome.NOT_QUEUED, Outcome.NOT_POSSIBLE)


def replay(sessions: SessionFactory, producer: Celery, redis: Redis, row_id: int, *, actor: str, reason: str) -> Result:
    """Commits the delivery as due, then queues it, and returns what became of that. Never raises for a broker that is away.

    `row_id` is of `webhook_records`; `actor` and `reason` go into `replays`.
    """
    with sessions.begin() as session:
        refusal = put_back(session, row_id, actor=actor, reason=reason)
    if refusal is not None:
        return Result(row_id, refusal)
    log.info("replayed", record_id=row_id, actor=actor)
    try:
        publish_records(producer, [row_id])
        _take_out_of_dead_letters(redis, row_id)
    except (BrokerDown, RedisError, OSError):
        return Result(row_id, Outcome.NOT_QUEUED)
    return Result(row_id, Outcome.REPLAYED)


def put_back(session: Session, row_id: int, *, actor: str, reason: str) -> Outcome | None:
    """Makes the delivery due again, or returns why it cannot; the caller commits, or rolls back and knows."""
    row, receipt = _lock(session, row_id)
    if row is None:
        return Outcome.NOT_FOUND
    if row.state not in (*REPLAYABLE, RecordState.PROCESSED) or row.emptied_at is not None:
        return Outcome.NOT_POSSIBLE
    if row.state == RecordState.PROCESSED or (receipt is not None and _is_settled(receipt, row)):
        return Outcome.ALREADY_ISSUED
    _record_replay(session, row, actor, reason)
    _put_back(row, receipt)
    return None


def _lock(session: Session, row_id: int) -> tuple[WebhookRecord | None, Receipt | None]:
    """The receipt before its deliveries, like whoever saves an outcome: the other way round the two wait for each other."""
    expected = session.scalar(select(WebhookRecord.receipt_id).where(WebhookRecord.id == row_id))
    receipt = session.get(Receipt, expected, with_for_update=True) if expected else None
    row = session.get(WebhookRecord, row_id, with_for_update=True)
    if row is not None and row.receipt_id != expected:
        receipt = session.get(Receipt, row.receipt_id, with_for_update=True) if row.receipt_id else None
    return row, receipt


def _is_settled(receipt: Receipt, row: WebhookRecord) -> bool:
    """Issued, and the row has no quarrel of its own with the receipt."""
    return receipt.state == ReceiptState.ISSUED and row.error_code != "difference"


def _record_replay(session: Session, row: WebhookRecord, actor: str, reason: str) -> None:
    session.add(
        Replay(
            webhook_record_id=row.id,
            receipt_id=row.receipt_id,
            actor=actor,
            reason=reason,
            from_state=row.state,
            error_code=row.error_code,
        )
    )


def _put_back(row: WebhookRecord, receipt: Receipt | None) -> None:
    row.state = RecordState.RECEIVED
    row.reason = None
    row.error_code = None
    row.receipt_id = None
    row.claims = 0
    row.claim_id = None
    row.lease_until = None
    row.processed_at = None
    row.next_attempt_at = func.now()
    if receipt is None or receipt.state == ReceiptState.ISSUED:
        return
    receipt.budget_used = 0
    receipt.budget_starts_at = func.now()
    if receipt.state == ReceiptState.REJECTED:
        # Forgiven: the next decision may bring it back, with whatever was corrected meanwhile.
        receipt.error_kind = None
    else:
        receipt.next_attempt_at = func.now()


def _take_out_of_dead_letters(redis: Redis, row_id: int) -> None:
    """The queue shows what is left to do; replayed messages leave it."""
    mark = f'"dead-letter-{row_id}"'.encode()
    messages: list[bytes] = redis.lrange(DEAD_LETTER, 0, -1)  # type: ignore[assignment]
    for message in messages:
        if mark in message:
            redis.lrem(DEAD_LETTER, 1, message)  # type: ignore[arg-type]


def find_dead_letters(session: Session, *, limit: int = 10_000) -> list[int]:
    """Returns the ids of all deliveries that wait for a person, oldest first."""
    ids = select(WebhookRecord.id).where(WebhookRecord.state == RecordState.DEAD_LETTERED)
    return list(session.scalars(ids.order_by(WebhookRecord.id).limit(limit)))
