"""Puts back to work what is due and has no message, whatever became of the broker: the dispatcher.

Runs every few seconds, under an advisory lock so that two beats do it once. Messages are hints: one too many changes
nothing, and one too few is made good here.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, Interval, and_, bindparam, exists, func, or_, select, update

from shared.config import Settings
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, RecordState
from shared.logging import get_logger
from shared.queue import (
    CARRY_OUT,
    MAKE_RETURN,
    PROCESS_RECORD,
    RECORDS,
    REPLAY_DEAD_LETTER,
    find_room,
    is_alone,
    publish_records,
    publish_task,
)
from shared.storage.db import SessionFactory, open_alone
from shared.storage.models import Cashbox, Receipt, ReturnOrder, WebhookRecord
from shared.storage.models.desk.return_order import ReturnState
from worker.decide.resolution import Resolution
from worker.issue.issue_due import MESSAGE_WITHIN_SECONDS, request_turn
from worker.rounds.auto_returns import IS_RETURN_DUE, order_due_returns, read_return_policy
from worker.rounds.cashbox_orders import IS_ORDER_DUE, find_due_orders
from worker.rounds.only_one import only_one
from worker.rounds.stranded_returns import STRANDED_RETURNS, settle_stranded_returns
from worker.salon.customer.delivery import request_delivery
from worker.salon.customer.outbox import IS_MESSAGE_DUE
from worker.services import Services
from worker.webkassa.breaker import Breaker

log = get_logger(__name__)

# With more than this waiting in the queue already, more messages would not make the work faster.
MAX_QUEUED = 500
# A row that was put back is left alone this long, in which its message is very likely to arrive.
PUT_BACK_SECONDS = 30
RETURN_ORDER_SECONDS = 10
_DISPATCH_LOCK = 7_301_001
_DEAD_LETTER_LOCK = 7_301_002

# How far ahead of its time a row is taken that waits for nothing but its message, where no broker brings one.
AHEAD_OF_MESSAGE = timedelta(seconds=10)


def _is_record_due(ahead: Any) -> ColumnElement[bool]:
    return and_(
        WebhookRecord.state.in_(OPEN_RECORD_STATES),
        WebhookRecord.receipt_id.is_(None),
        WebhookRecord.next_attempt_at <= func.now() + ahead,
        or_(
            WebhookRecord.next_attempt_at <= func.now(),
            and_(WebhookRecord.state == RecordState.RECEIVED, WebhookRecord.reason.is_(None)),
        ),
        or_(WebhookRecord.lease_until.is_(None), WebhookRecord.lease_until < func.now()),
    )


_IS_RECORD_DUE = _is_record_due(bindparam("ahead", type_=Interval))
_IS_RETURN_ORDER_LOST = and_(
    ReturnOrder.state == ReturnState.REQUESTED,
    ReturnOrder.created_at < func.now() - timedelta(seconds=RETURN_ORDER_SECONDS),
)
_IS_DEAD_LETTER_UNSENT = and_(WebhookRecord.state == RecordState.DEAD_LETTERED, WebhookRecord.dead_letter_sent_at.is_(None))
# A look into the index for each cashbox, not a count of all that waits.
_FIRST_DUE = (
    select(func.min(Receipt.next_attempt_at))
    .where(
        Receipt.cashbox_id == Cashbox.id,
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        Receipt.next_attempt_at <= func.now(),
    )
    .scalar_subquery()
)
_CASHBOXES = select(Cashbox.id).where(
    Cashbox.enabled,
    Cashbox.claim_id.is_(None) | (Cashbox.lease_until < func.now()),
    Cashbox.rest_until.is_(None) | (Cashbox.rest_until <= func.now()),
    Cashbox.paused_until.is_(None) | (Cashbox.paused_until <= func.now()),
    # A paused cashbox is probed also where nothing waits for it any more: its pause has to end.
    _FIRST_DUE.is_not(None) | Cashbox.paused_since.is_not(None),
)
# Most ticks find nothing: one round trip then, of a few index pages, however large the tables. Built once,
# of models, since the questions that follow share the conditions.
_IS_ANYTHING_DUE = select(
    or_(
        exists(_CASHBOXES),
        exists(STRANDED_RETURNS),
        *(
            exists().where(condition)
            for condition in (
                _IS_RECORD_DUE,
                _IS_RETURN_ORDER_LOST,
                _IS_DEAD_LETTER_UNSENT,
                IS_ORDER_DUE,
                IS_RETURN_DUE,
                IS_MESSAGE_DUE,
            )
        ),
    )
)


def dispatch(services: Services) -> None:
    """Publishes messages for everything that is due: one tick. A failure of the broker leaves everything for the next."""
    try:
        if not hand_out(services):
            return
        # Without the lock, whose transaction must not wait for Altegio; two ticks at once order one return.
        for order_id in order_due_returns(services.sessions, services.settings, services.altegio):
            publish_task(services.producer, MAKE_RETURN, [order_id])
        if not is_alone(services.producer):
            send_dead_letters(services.sessions, services.producer)
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("broker is away, nothing dispatched", error=type(error).__name__)


def hand_out(services: Services) -> bool:
    """Publishes what waits in our tables; says whether anything is due. Raises what publishing raises."""
    if not _is_anything_due(services.sessions, services.settings, _ahead_of(services.producer)):
        return False
    with only_one(services.sessions, _DISPATCH_LOCK) as is_mine:
        if is_mine:
            _hand_out(services)
    return True


def _is_anything_due(sessions: SessionFactory, settings: Settings, ahead: timedelta) -> bool:
    values = {"ahead": ahead, **read_return_policy(settings)}
    with open_alone(sessions) as connection:
        return bool(connection.scalar(_IS_ANYTHING_DUE, values))


def _ahead_of(producer: Celery) -> timedelta:
    return AHEAD_OF_MESSAGE if is_alone(producer) else timedelta(0)


def _hand_out(services: Services) -> None:
    rows = _put_back_records(services.sessions, services.producer)
    if rows:
        publish_records(services.producer, rows)
        log.info("dispatched", records=len(rows))
    for order_id in _find_return_orders(services.sessions):
        publish_task(services.producer, MAKE_RETURN, [order_id])
    settle_stranded_returns(services.sessions)
    for order_id in find_due_orders(services.sessions):
        publish_task(services.producer, CARRY_OUT, [order_id])
    for cashbox_id in _find_cashboxes(services.sessions, services.breaker):
        request_turn(services.producer, cashbox_id)
    request_delivery(services.sessions, services.producer)


def _put_back_records(sessions: SessionFactory, producer: Celery) -> Sequence[int]:
    """Due deliveries nobody works on, longest due first, no more than the queue can use."""
    room = find_room(producer, RECORDS, MAX_QUEUED)
    if not room:
        return ()
    # In the order of the index, which ends after `room` rows however many wait.
    is_due = _is_record_due(_ahead_of(producer))
    due = select(WebhookRecord.id).where(is_due).order_by(WebhookRecord.next_attempt_at).limit(room)
    with sessions.begin() as session:
        put_back = session.scalars(
            update(WebhookRecord)
            .where(WebhookRecord.id.in_(due.with_for_update(skip_locked=True).scalar_subquery()))
            .values(next_attempt_at=func.now() + timedelta(seconds=PUT_BACK_SECONDS))
            .returning(WebhookRecord.id)
        ).all()
    return sorted(put_back)


def _find_return_orders(sessions: SessionFactory) -> Sequence[int]:
    """Orders whose message was lost, or is still under way: making one twice changes nothing."""
    lost = select(ReturnOrder.id).where(_IS_RETURN_ORDER_LOST)
    with sessions() as session:
        return session.scalars(lost.order_by(ReturnOrder.id).limit(MAX_QUEUED)).all()


def _find_cashboxes(sessions: SessionFactory, breaker: Breaker) -> Sequence[int]:
    """Cashboxes with due receipts that nobody holds, longest waiting first; while Webkassa is probed, the next to do it."""
    with sessions() as session:
        waiting = session.scalars(_CASHBOXES.order_by(_FIRST_DUE)).all()
    if not breaker.is_open():
        return waiting
    prober = breaker.choose_prober(waiting)
    return () if prober is None else (prober,)


def send_dead_letters(sessions: SessionFactory, producer: Celery) -> int:
    """Puts a message into the `dead_letter` queue for every delivery given up since the last time; returns how many.

    The queue shows what waits for a person; a message that a worker consumes is a replay.
    """
    with only_one(sessions, _DEAD_LETTER_LOCK) as is_mine:
        ids = _find_unsent(sessions) if is_mine else ()
        for row_id in ids:
            producer.send_task(REPLAY_DEAD_LETTER, args=[row_id], task_id=f"dead-letter-{row_id}", retry=False)
            _mark_sent(sessions, row_id)
    return len(ids)


def _find_unsent(sessions: SessionFactory) -> Sequence[int]:
    unsent = select(WebhookRecord.id).where(_IS_DEAD_LETTER_UNSENT).order_by(WebhookRecord.id).limit(MAX_QUEUED)
    with sessions() as session:
        return session.scalars(unsent).all()


def _mark_sent(sessions: SessionFactory, row_id: int) -> None:
    with sessions.begin() as session:
        session.execute(update(WebhookRecord).where(WebhookRecord.id == row_id).values(dead_letter_sent_at=func.now()))


def follow_up(sessions: SessionFactory, producer: Celery, row_id: int, resolution: Resolution) -> None:
    """Wakes other rows, or looks again soon, after a decision is committed. Without a broker the next tick does it."""
    try:
        if resolution.wake:
            publish_records(producer, resolution.wake)
        if resolution.wait_seconds is not None and resolution.wait_seconds < MESSAGE_WITHIN_SECONDS:
            countdown = resolution.wait_seconds + 0.05
            producer.send_task(PROCESS_RECORD, args=[row_id], countdown=countdown, retry=False)
        if resolution.state is RecordState.DEAD_LETTERED:
            send_dead_letters(sessions, producer)
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("follow-up left to the dispatcher", record_id=row_id, error=type(error).__name__)
