"""The outbox: messages that bring receipts to customers, from the receipt's own commit to their end.

Each step is a short transaction of its own, and none is open while anything is sent. `begin` is committed right before the
step after which a message may have been taken; whoever finds it so after a crash does not send the message again.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Interval, and_, bindparam, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from shared.fiscal.statuses import ReceiptState
from shared.logging import get_logger, mask_text
from shared.storage.db import Executor, SessionFactory, begin, open_alone
from shared.storage.models import CustomerMessage, Receipt
from shared.storage.models.customer.customer_message import MessageState
from worker.salon.customer.addressee import Addressed

log = get_logger(__name__)

# Longer than any channel takes to the step that is noted; after a crash a message waits as long.
LEASE = timedelta(seconds=45)
# A receipt that came so late is no news.
GIVE_UP_AFTER = timedelta(days=3)
_MAX_PROBLEM = 200

_message = CustomerMessage
_IS_ISSUED = exists().where(Receipt.id == _message.receipt_id, Receipt.state == ReceiptState.ISSUED)
_IS_WAITING = and_(
    _message.ended_at.is_(None),
    _message.state == MessageState.WAITING,
    _message.next_attempt_at <= func.now(),
    _IS_ISSUED,
)
_IS_LOST = and_(_message.ended_at.is_(None), _message.state == MessageState.SENDING, _message.lease_until < func.now())
# Waits to be sent, or was left by a worker that is gone.
IS_MESSAGE_DUE = or_(_IS_WAITING, _IS_LOST)
_IS_ANY_DUE = select(exists().where(IS_MESSAGE_DUE))
_EMPTY: Mapping[str, Any] = {"email": None, "phone": None, "lease_until": None, "ended_at": func.now()}


class ClaimLost(Exception):
    """Raised where a message is no longer this worker's to send."""


class Claimed(NamedTuple):
    """A message that this worker alone may send now."""

    id: int
    claim_id: UUID
    receipt_id: int
    company_id: int
    channel: str
    client_id: int | None
    is_wish: bool
    email: str | None
    phone: str | None
    attempts: int
    refusals: int


def plan_messages(executor: Executor, company_id: int, receipt_id: int, addressed: Addressed) -> None:
    """Writes down the messages of a receipt, in its own transaction; what waits for its receipt takes the newest address."""
    if not addressed.messages:
        return
    rows = [
        {
            "receipt_id": receipt_id,
            "company_id": company_id,
            "client_id": addressed.client_id,
            "channel": one.channel,
            "email": one.email,
            "phone": one.phone,
            "is_wish": one.is_wish,
        }
        for one in addressed.messages
    ]
    statement = insert_or(_message).values(rows)
    newest = {name: statement.excluded[name] for name in ("client_id", "email", "phone", "is_wish")}
    executor.execute(
        statement.on_conflict_do_update(
            index_elements=[_message.receipt_id, _message.channel],
            set_=newest,
            where=and_(_message.state == MessageState.WAITING, _message.attempts == 0),
        )
    )


def repeat_messages(executor: Executor, receipt_id: int, other_id: int) -> None:
    """Plans for a return, or for a sale made anew, what its sale had; the addresses are looked up when they are needed."""
    names = ("company_id", "channel", "client_id", "is_wish")
    had = select(literal(other_id), *(getattr(_message, name) for name in names)).where(_message.receipt_id == receipt_id)
    executor.execute(insert(_message).from_select(["receipt_id", *names], had))


def is_any_due(sessions: SessionFactory) -> bool:
    """Says whether there is anything to do here now."""
    with open_alone(sessions) as connection:
        return bool(connection.execute(_IS_ANY_DUE).scalar())


def claim_next(sessions: SessionFactory, without: Collection[str]) -> Claimed | None:
    """Returns the message that waited longest, claimed; `without` channels that are away just now."""
    chosen = (
        select(_message.id)
        .where(_IS_WAITING, _message.channel.not_in(without))
        .order_by(_message.next_attempt_at, _message.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=_message)
    )
    claim = (
        update(_message)
        .where(_message.id == chosen.scalar_subquery())
        .values(
            state=MessageState.SENDING,
            claim_id=uuid4(),
            lease_until=func.now() + LEASE,
            begun_at=None,
            attempts=_message.attempts + 1,
        )
        .returning(*(getattr(_message, name) for name in Claimed._fields))
    )
    with begin(sessions) as connection:
        row = connection.execute(claim).first()
    return Claimed(*row) if row else None


def note_begun(sessions: SessionFactory, claimed: Claimed) -> None:
    """Writes down that the message may have been taken from now on. Raises ClaimLost."""
    with begin(sessions) as connection:
        noted = connection.execute(
            update(_message)
            .where(*_is_mine(claimed), _message.state == MessageState.SENDING, _message.lease_until > func.now())
            .values(begun_at=func.now())
            .returning(_message.id)
        ).first()
    if noted is None:
        raise ClaimLost


def save_handed_over(sessions: SessionFactory, claimed: Claimed) -> None:
    """It was taken: whoever doubted that meanwhile is wrong."""
    _end(sessions, claimed, MessageState.HANDED_OVER, None, even_if=MessageState.UNCERTAIN)


def save_uncertain(sessions: SessionFactory, claimed: Claimed, problem: str) -> None:
    """It may have been taken; a person decides."""
    _end(sessions, claimed, MessageState.UNCERTAIN, problem)


def save_refused(sessions: SessionFactory, claimed: Claimed, problem: str) -> None:
    """It was not taken, and is not tried any more."""
    _end(sessions, claimed, MessageState.REFUSED, problem)


def save_dropped(sessions: SessionFactory, claimed: Claimed, problem: str) -> None:
    """It is not to be sent."""
    _end(sessions, claimed, MessageState.DROPPED, problem)


def put_off(
    sessions: SessionFactory, claimed: Claimed, seconds: float, problem: str | None, *, is_refusal: bool = False
) -> None:
    """It was not taken: again after so many seconds."""
    with begin(sessions) as connection:
        connection.execute(
            update(_message)
            .where(*_is_mine(claimed), _message.state == MessageState.SENDING)
            .values(
                state=MessageState.WAITING,
                lease_until=None,
                begun_at=None,
                next_attempt_at=func.now() + bindparam("wait", timedelta(seconds=seconds), type_=Interval),
                refusals=_message.refusals + int(is_refusal),
                problem=_cut(problem),
            )
        )


def settle_lost(sessions: SessionFactory) -> None:
    """Ends claims of workers that are gone: what was begun is not certain, the rest waits again, unless it is no news."""
    lost = "the worker was lost while it was handed over"
    with begin(sessions) as connection:
        uncertain = connection.execute(
            update(_message)
            .where(_IS_LOST, _message.begun_at.is_not(None))
            .values(state=MessageState.UNCERTAIN, problem=lost, **_EMPTY)
            .returning(_message.id)
        ).all()
        connection.execute(
            update(_message)
            .where(_IS_LOST, _message.created_at < func.now() - GIVE_UP_AFTER)
            .values(state=MessageState.REFUSED, problem="gave up: no worker came to its end", **_EMPTY)
        )
        connection.execute(
            update(_message).where(_IS_LOST).values(state=MessageState.WAITING, lease_until=None, next_attempt_at=func.now())
        )
    for (message_id,) in uncertain:
        log.error("not certain whether a customer has the receipt", message_id=message_id)


def send_again(sessions: SessionFactory, ids: Collection[int]) -> int:
    """Has messages sent again that are not certain or were refused, because a person says so. Returns how many."""
    with begin(sessions) as connection:
        revived = connection.execute(
            update(_message)
            .where(_message.id.in_(ids), _message.state.in_((MessageState.UNCERTAIN, MessageState.REFUSED)))
            .values(
                state=MessageState.WAITING,
                ended_at=None,
                begun_at=None,
                claim_id=None,
                refusals=0,
                problem=None,
                next_attempt_at=func.now(),
            )
            .returning(_message.id)
        ).all()
    return len(revived)


def _end(
    sessions: SessionFactory,
    claimed: Claimed,
    state: MessageState,
    problem: str | None,
    *,
    even_if: MessageState = MessageState.SENDING,
) -> None:
    with begin(sessions) as connection:
        connection.execute(
            update(_message)
            .where(*_is_mine(claimed), _message.state.in_({MessageState.SENDING, even_if}))
            .values(state=state, problem=_cut(problem), **_EMPTY)
        )


def _is_mine(claimed: Claimed) -> tuple[Any, ...]:
    return _message.id == claimed.id, _message.claim_id == claimed.claim_id


def _cut(problem: str | None) -> str | None:
    """Servers repeat addresses in what they say."""
    return mask_text(problem)[:_MAX_PROBLEM] if problem else None
