"""The rescuer: puts back to work what is due and has no message, whatever became of the broker.

Runs every few seconds, under an advisory lock so that two beats do it once. Messages are hints: one too many changes
nothing, and one too few is made good here.
"""

from collections.abc import Sequence
from datetime import timedelta

from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import func, or_, select, update

from shared.clock import utc_now
from shared.logging import get_logger
from shared.models import Cashbox, Receipt, ReturnOrder, WebhookRecord
from shared.models.return_order import ReturnState
from shared.queue import (
    CARRY_OUT,
    MAKE_RETURN,
    PROCESS_RECORD,
    RECORDS,
    REPLAY_DEAD_LETTER,
    count_waiting,
    publish_records,
    publish_task,
)
from shared.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, RecordState
from worker.auto_returns import order_due_returns
from worker.carry_out import find_due_orders
from worker.issue_receipt import MESSAGE_WITHIN_SECONDS, request_turn
from worker.only_one import only_one
from worker.resolution import Resolution
from worker.services import Services

log = get_logger(__name__)

# With more than this waiting in the queue already, more messages would not make the work faster.
MAX_QUEUED = 500
# A row that was put back is left alone this long, in which its message is very likely to arrive.
PUT_BACK_SECONDS = 30
RETURN_ORDER_SECONDS = 10
_DISPATCH_LOCK = 7_301_001
_DEAD_LETTER_LOCK = 7_301_002


def dispatch(services: Services) -> None:
    """One tick. A failure of the broker leaves everything for the next."""
    with only_one(services, _DISPATCH_LOCK) as is_mine:
        if not is_mine:
            return
        try:
            _dispatch(services)
        except (BrokerDown, RedisError, OSError) as error:
            log.warning("broker is away, nothing dispatched", error=type(error).__name__)


def _dispatch(services: Services) -> None:
    rows = _put_back_records(services)
    if rows:
        publish_records(services.producer, rows)
    for order_id in [*order_due_returns(services), *_find_return_orders(services)]:
        publish_task(services.producer, MAKE_RETURN, [order_id])
    for order_id in find_due_orders(services, utc_now() - timedelta(seconds=RETURN_ORDER_SECONDS)):
        publish_task(services.producer, CARRY_OUT, [order_id])
    for cashbox_id in _find_cashboxes(services):
        request_turn(services, cashbox_id)
    letters = send_dead_letters(services)
    if rows or letters:
        log.info("dispatched", records=len(rows), dead_letters=letters)


def _put_back_records(services: Services) -> Sequence[int]:
    """Due deliveries nobody works on, oldest first, no more than the queue can use."""
    room = MAX_QUEUED - count_waiting(services.producer, RECORDS)
    if room <= 0:
        return ()
    due = (
        select(WebhookRecord.id)
        .where(
            WebhookRecord.state.in_(OPEN_RECORD_STATES),
            WebhookRecord.receipt_id.is_(None),
            WebhookRecord.next_attempt_at <= func.now(),
            or_(WebhookRecord.lease_until.is_(None), WebhookRecord.lease_until < func.now()),
        )
        .order_by(WebhookRecord.id)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    with services.sessions.begin() as session:
        put_back = session.scalars(
            update(WebhookRecord)
            .where(WebhookRecord.id.in_(due.scalar_subquery()))
            .values(next_attempt_at=func.now() + timedelta(seconds=PUT_BACK_SECONDS))
            .returning(WebhookRecord.id)
        ).all()
    return sorted(put_back)


def _find_return_orders(services: Services) -> Sequence[int]:
    """Orders whose message was lost, or is still under way: making one twice changes nothing."""
    lost = select(ReturnOrder.id).where(
        ReturnOrder.state == ReturnState.REQUESTED,
        ReturnOrder.created_at < func.now() - timedelta(seconds=RETURN_ORDER_SECONDS),
    )
    with services.sessions() as session:
        return session.scalars(lost.order_by(ReturnOrder.id).limit(MAX_QUEUED)).all()


def _find_cashboxes(services: Services) -> Sequence[int]:
    """Cashboxes with due receipts that nobody holds, longest waiting first; a single one while Webkassa is being probed."""
    waiting = (
        select(Receipt.cashbox_id)
        .join(Cashbox, Cashbox.id == Receipt.cashbox_id)
        .where(
            Receipt.state.in_(OPEN_RECEIPT_STATES),
            Receipt.next_attempt_at <= func.now(),
            Cashbox.enabled,
            Cashbox.claim_id.is_(None) | (Cashbox.lease_until < func.now()),
            Cashbox.rest_until.is_(None) | (Cashbox.rest_until <= func.now()),
            Cashbox.paused_until.is_(None) | (Cashbox.paused_until <= func.now()),
        )
        .group_by(Receipt.cashbox_id)
        .order_by(func.min(Receipt.id))
    )
    if services.breaker.is_open():
        waiting = waiting.limit(1)
    with services.sessions() as session:
        return session.scalars(waiting).all()


def send_dead_letters(services: Services) -> int:
    """A message in the `dead_letter` queue for every row given up since the last time. Consumed, it would be a replay."""
    with only_one(services, _DEAD_LETTER_LOCK) as is_mine:
        ids = _find_unsent(services) if is_mine else ()
        for row_id in ids:
            services.producer.send_task(REPLAY_DEAD_LETTER, args=[row_id], task_id=f"dead-letter-{row_id}", retry=False)
            _mark_sent(services, row_id)
    return len(ids)


def _find_unsent(services: Services) -> Sequence[int]:
    unsent = (
        select(WebhookRecord.id)
        .where(WebhookRecord.state == RecordState.DEAD_LETTERED, WebhookRecord.dead_letter_sent_at.is_(None))
        .order_by(WebhookRecord.id)
        .limit(MAX_QUEUED)
    )
    with services.sessions() as session:
        return session.scalars(unsent).all()


def _mark_sent(services: Services, row_id: int) -> None:
    with services.sessions.begin() as session:
        session.execute(update(WebhookRecord).where(WebhookRecord.id == row_id).values(dead_letter_sent_at=func.now()))


def follow_up(services: Services, row_id: int, resolution: Resolution) -> None:
    """After a decision is committed: wake other rows, or look again soon. Without a broker the next tick does it."""
    try:
        if resolution.wake:
            publish_records(services.producer, resolution.wake)
        if resolution.wait_seconds is not None and resolution.wait_seconds < MESSAGE_WITHIN_SECONDS:
            countdown = resolution.wait_seconds + 0.05
            services.producer.send_task(PROCESS_RECORD, args=[row_id], countdown=countdown, retry=False)
        if resolution.state is RecordState.DEAD_LETTERED:
            send_dead_letters(services)
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("follow-up left to the dispatcher", record_id=row_id, error=type(error).__name__)
