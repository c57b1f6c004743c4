"""Which receipt of a cashbox is due, and the commit that says it is about to be sent."""

import contextlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import ColumnElement, Interval, Select, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from shared.clock import utc_now
from shared.models import Cashbox, Receipt
from shared.statuses import OPEN_RECEIPT_STATES, ReceiptState
from worker.call_log import CHECK, open_log
from worker.cashbox_lock import CashboxClaim, ClaimLost
from worker.log_context import Origin, find_origin
from worker.services import Services

# One turn at a cashbox. What is left goes to the end of the queue, so that every cashbox gets its turn.
TURN_RECEIPTS = 25
TURN_SECONDS = 20.0

# Built once, and of the table instead of the model: see `cashbox_lock`.
_cashboxes = cast("Table", Cashbox.__table__)
_HOLD = (
    update(_cashboxes)
    .where(_cashboxes.c.id == bindparam("cashbox"), _cashboxes.c.claim_id == bindparam("claim"))
    .values(lease_until=func.now() + bindparam("lease", type_=Interval))
    .returning(_cashboxes.c.unique_number, func.coalesce(_cashboxes.c.paused_until > func.now(), False))
)


@dataclass(frozen=True, slots=True)
class Work:
    """A receipt that is about to be sent or, after a lost answer, asked for; `log_id` is the row of the call."""

    receipt: Receipt
    cashbox_number: str
    must_ask: bool
    log_id: int | None
    origin: Origin


class Turn:
    """What is left of a turn at the cashbox, and the receipt that was taken in the commit which ended the one before it."""

    def __init__(self, services: Services, claim: CashboxClaim) -> None:
        self._services, self._claim = services, claim
        self._ends_at = time.monotonic() + TURN_SECONDS
        self._left = TURN_RECEIPTS
        self._prepared: Work | None = None

    def take(self) -> Work | None:
        """The next receipt; None when nothing is due, the turn is over, or Webkassa needs rest. Raises ClaimLost."""
        work, self._prepared = self._prepared, None
        if work is None and self.goes_on():
            self._left -= 1
            work = take_next(self._services, self._claim)
        return work

    def goes_on(self) -> bool:
        is_over = self._left <= 0 or time.monotonic() > self._ends_at or self._claim.rest_seconds
        return not is_over and self._services.breaker.allows_call()

    def prepare(self, session: Session) -> None:
        """Takes the next receipt in the caller's transaction: one commit less between two calls.

        Waits for no other transaction, and gives up silently on a lost claim: what the caller saves must not suffer.
        """
        self._left -= 1
        with contextlib.suppress(ClaimLost):
            self._prepared = _pick(session, self._services, self._claim, skip_locked=True)


def take_next(services: Services, claim: CashboxClaim) -> Work | None:
    """Commits what is about to happen before it happens. Raises ClaimLost."""
    with services.sessions.begin() as session:
        return _pick(session, services, claim)


def _pick(session: Session, services: Services, claim: CashboxClaim, *, skip_locked: bool = False) -> Work | None:
    lease = timedelta(seconds=services.settings.lease_seconds)
    held = session.execute(_HOLD, {"cashbox": claim.cashbox_id, "claim": claim.claim_id, "lease": lease}).first()
    if held is None:
        raise ClaimLost
    number, is_paused = held
    receipt = None if is_paused else session.scalar(_due(claim.cashbox_id).with_for_update(skip_locked=skip_locked))
    if receipt is None:
        return None
    origin = find_origin(session, receipt.id)
    receipt.claim_id = claim.claim_id
    if receipt.state == ReceiptState.UNKNOWN or receipt.sending_since is not None:
        receipt.state = ReceiptState.UNKNOWN
        receipt.unknown_since = receipt.unknown_since or receipt.sending_since
        return Work(receipt, number, must_ask=True, log_id=None, origin=origin)
    receipt.attempts += 1
    receipt.sending_since = utc_now()
    log_id = open_log(session, CHECK, claim.cashbox_id, receipt.request, receipt)
    return Work(receipt, number, must_ask=False, log_id=log_id, origin=origin)


def _due(cashbox_id: int) -> Select[Receipt]:
    """The due receipt of a cashbox: one with an unknown outcome first, since it holds up the shift; then the oldest."""
    return select(Receipt).where(*_is_due(cashbox_id)).order_by(Receipt.state.desc(), Receipt.id).limit(1)


def is_any_due(session: Session, cashbox_id: int) -> bool:
    return session.scalar(select(Receipt.id).where(*_is_due(cashbox_id)).limit(1)) is not None


def _is_due(cashbox_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Receipt.cashbox_id == cashbox_id,
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        Receipt.next_attempt_at <= func.now(),
    )
