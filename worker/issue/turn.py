"""One turn at a cashbox: what is due, oldest first, strictly one call at a time.

A receipt's way: `sending_since` and a pending log row are committed, the call is made outside any transaction, the outcome
is committed. Found with `sending_since` set, or `unknown`, a receipt is asked for before anything is sent again.

Where more than one waits, the next is announced while a call is in flight, and leaves as soon as that is answered; the
outcome is saved, and one more announced, while it flies. Only `issued` lets it leave: after anything else, and at the turn's
end, the announcement is taken back. A crash leaves two receipts to be asked for at most.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from functools import partial

from shared.storage.db import begin
from worker.cashbox.claim import CashboxClaim, ClaimLost
from worker.issue.attempt import Issued, ask, save_answer, send, settle_failure
from worker.issue.log_context import receipt_context
from worker.issue.next_receipt import Work, announce_ahead, take_back, take_following, take_next
from worker.services import Services
from worker.webkassa.errors import WebkassaError

# What is left goes to the end of the queue, so that every cashbox gets its turn. Changing turns takes as long as a call.
TURN_RECEIPTS = 100
TURN_SECONDS = 20.0

# None: it did not leave.
Flight = Future[Issued | None]


class Turn:
    def __init__(self, services: Services, claim: CashboxClaim) -> None:
        self._services, self._claim = services, claim
        self._ends_at = time.monotonic() + TURN_SECONDS
        self._left = TURN_RECEIPTS
        self._waits: list[float] = []
        self._is_lost = False

    def work_off(self) -> float | None:
        """Until nothing is due, the turn is over, or Webkassa needs rest. Returns the shortest wait left behind.

        Raises ClaimLost.
        """
        work = self._take_next()
        while work is not None:
            if work.must_ask:
                work = self._ask(work)
            elif work.others_wait:
                work = self._send_in_a_row(work)
            else:
                work = self._send_alone(work)
        if self._is_lost:
            raise ClaimLost
        return min(self._waits, default=None)

    def _take_next(self) -> Work | None:
        if self._is_lost or not self._goes_on():
            return None
        self._left -= 1
        return take_next(self._services, self._claim)

    def _ask(self, work: Work) -> Work | None:
        with _ids_of(work):
            self._note_wait(ask(self._services, self._claim, work))
        return self._take_next()

    def _send_alone(self, work: Work) -> Work | None:
        try:
            with _ids_of(work):
                issued = send(self._services, work)
        except WebkassaError as error:
            return self._settle_failure(work, error)
        self._services.breaker.record_success()
        return self._save_and_take_following(work, issued)

    def _send_in_a_row(self, work: Work) -> Work | None:
        """For as long as Webkassa issues. However it ends, no call is in flight then."""
        landed: tuple[Work, Issued] | None = None
        with ThreadPoolExecutor(1, "webkassa-call") as caller:
            flight = self._submit(caller, work, partial(send, self._services))
            while True:
                ahead = self._save_and_announce(landed, work)
                if ahead is not None:
                    following = self._submit(caller, ahead, partial(self._send_after, flight))
                try:
                    issued = flight.result()
                except WebkassaError as error:
                    self._take_back(ahead)
                    return self._settle_failure(work, error)
                if issued is None:
                    self._take_back(work, ahead)
                    return self._take_next()
                self._services.breaker.record_success()
                if ahead is None:
                    return self._save_and_take_following(work, issued)
                landed, work, flight = (work, issued), ahead, following

    def _submit(self, caller: ThreadPoolExecutor, work: Work, call: Callable[[Work], Issued | None]) -> Flight:
        with _ids_of(work):
            return caller.submit(copy_context().run, call, work)

    def _send_after(self, before: Flight, work: Work) -> Issued | None:
        """In the thread of the calls, so that nothing but the answer is between two of them. None: it did not leave.

        The breaker is not asked: Webkassa has just answered. Nor the database: the lease is known to last.
        """
        is_issued = before.exception() is None and before.result() is not None
        may_leave = is_issued and self._claim.is_fresh() and not self._is_over()
        return send(self._services, work) if may_leave else None

    def _save_and_announce(self, landed: tuple[Work, Issued] | None, flying: Work) -> Work | None:
        """While a call is in flight: the outcome of the one before it, and the announcement of the one after it."""
        is_wanted = flying.others_wait and self._goes_on()
        if landed is None and not is_wanted:
            return None
        with begin(self._services.sessions) as connection:
            if landed is not None:
                with _ids_of(landed[0]):
                    save_answer(connection, *landed)
            if is_wanted:
                with self._outlive_loss():
                    return announce_ahead(connection, self._claim, flying.receipt)
        return None

    def _save_and_take_following(self, work: Work, issued: Issued) -> Work | None:
        with begin(self._services.sessions) as connection, _ids_of(work):
            save_answer(connection, work, issued)
            if self._has_room():
                with self._outlive_loss():
                    return take_following(connection, self._claim)
        return None

    def _take_back(self, *announced: Work | None) -> None:
        """Before what follows: a shift is not closed while a receipt is under way."""
        with begin(self._services.sessions) as connection:
            for work in announced:
                if work is not None:
                    take_back(connection, work)

    def _settle_failure(self, work: Work, error: WebkassaError) -> Work | None:
        if self._is_lost:  # settling may need a call, which is the new holder's to make: it finds the receipt and asks
            return None
        with _ids_of(work):
            self._note_wait(settle_failure(self._services, self._claim, work, error))
        return self._take_next()

    @contextmanager
    def _outlive_loss(self) -> Iterator[None]:
        """Takes the next receipt in a transaction that saves an outcome, which must not suffer when the claim is lost."""
        self._left -= 1
        try:
            yield
        except ClaimLost:
            self._is_lost = True

    def _goes_on(self) -> bool:
        return self._has_room() and self._services.breaker.allows_call()

    def _has_room(self) -> bool:
        """Enough to know where Webkassa has just answered."""
        return self._left > 0 and not self._is_over()

    def _is_over(self) -> bool:
        return time.monotonic() > self._ends_at or bool(self._claim.rest_seconds)

    def _note_wait(self, seconds: float | None) -> None:
        if seconds is not None:
            self._waits.append(seconds)


def _ids_of(work: Work) -> AbstractContextManager[None]:
    """In every line that is logged meanwhile."""
    return receipt_context(work.receipt.id, work.origin)
