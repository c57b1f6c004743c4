"""One turn at a cashbox: what is due, oldest first, strictly one call at a time.

A receipt's way: `sending_since` and a pending log row are committed, the call is made outside any transaction, the outcome
is committed. Found with `sending_since` set, or `unknown`, a receipt is asked for before anything is sent again.

Where Webkassa issued, the outcome and the announcement of the next receipt are one commit. No other receipt of the cashbox
is announced meanwhile, so a crash leaves at most one to be asked for.
"""

import time
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from shared.logging import bound_contextvars
from worker.cashbox.claim import CashboxClaim, ClaimLost
from worker.cashbox.due_receipt import DueReceipt
from worker.cashbox.probe import is_well
from worker.issue.attempt import Issued, ask, save_answer, send, settle_failure
from worker.issue.last_look import ReturnHeld, hold_return, look_again
from worker.issue.next_receipt import Work, take_following, take_next
from worker.services import Services
from worker.webkassa.errors import NotBelieved, WebkassaError

# What is left goes to the end of the queue, so that every cashbox gets its turn. Changing turns takes as long as a call.
TURN_RECEIPTS = 100
TURN_SECONDS = 20.0


class Turn:
    def __init__(self, services: Services, claim: CashboxClaim) -> None:
        self._services, self._claim = services, claim
        self._ends_at = time.monotonic() + TURN_SECONDS
        self._left = TURN_RECEIPTS
        self._waits: list[float] = []

    def work_off(self) -> float | None:
        """Until nothing is due, the turn is over, or Webkassa needs rest. Returns the shortest wait left behind.

        Raises ClaimLost.
        """
        if not is_well(self._services, self._claim):
            return None
        work = self._take_next()
        while work is not None:
            with _ids_of(work):
                work = self._ask(work) if work.must_ask else self._send(work)
        return min(self._waits, default=None)

    def _take_next(self) -> Work | None:
        if not self._goes_on():
            return None
        self._left -= 1
        return take_next(self._services.sessions, self._claim)

    def _ask(self, work: Work) -> Work | None:
        self._note_wait(ask(self._services, self._claim, work))
        return self._take_next()

    def _send(self, work: Work) -> Work | None:
        try:
            self._look_again(work.receipt)
            issued = send(self._services.clients, work)
        except ReturnHeld as held:
            self._note_wait(hold_return(self._services.sessions, work, held))
            return self._take_next()
        except WebkassaError as error:
            self._note_wait(settle_failure(self._services, self._claim, work, error))
            return self._take_next()
        self._services.breaker.record_success(self._claim.cashbox_id)
        return self._save_and_take_next(work, issued)

    def _look_again(self, receipt: DueReceipt) -> None:
        services = self._services
        look_again(services.sessions, services.settings, services.altegio, receipt.id, receipt.kind)

    def _save_and_take_next(self, work: Work, issued: Issued) -> Work | None:
        goes_on = self._goes_on()
        self._left -= goes_on
        try:
            following = save_answer(self._services.sessions, work, issued, self._take_following if goes_on else _stop)
        except NotBelieved as error:
            self._note_wait(settle_failure(self._services, self._claim, work, error))
            return self._take_next()
        if isinstance(following, ClaimLost):
            raise following  # only now: what was issued is saved, whoever has the cashbox
        return following

    def _take_following(self, connection: Connection) -> Work | ClaimLost | None:
        try:
            return take_following(connection, self._claim)
        except ClaimLost as lost:
            return lost

    def _goes_on(self) -> bool:
        is_over = self._left <= 0 or time.monotonic() > self._ends_at or self._claim.rest_seconds
        return not is_over and self._services.breaker.allows_call(self._claim.cashbox_id)

    def _note_wait(self, seconds: float | None) -> None:
        if seconds is not None:
            self._waits.append(seconds)


def _stop(_: Connection) -> Work | ClaimLost | None:
    return None


def _ids_of(work: Work) -> AbstractContextManager[None]:
    """In every line that is logged meanwhile, those of the libraries included."""
    return bound_contextvars(receipt_id=work.receipt.id, **work.origin._asdict())
