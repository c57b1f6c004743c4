"""Moves cash into or out of a drawer once, although Webkassa cannot be asked for a movement.

Sent again in another shift, the same number would move the money twice where numbers are unique per shift. So the register's
report is read before a movement and after a lost answer. What it counts says whether the money moved; where it does not say,
the number is sent again only while the shift it was sent into is certainly open. All else is for a person.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import func

from shared.fiscal.statuses import CallOutcome
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import CashboxOrder
from shared.storage.models.desk.cashbox_order import OrderKind
from worker.cashbox.calls import MONEY, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.shift.movements import Count, Fate, count_movements, judge
from worker.cashbox.shift.reports import close_shift, take_x_report
from worker.cashbox.shift.rows import EXPIRED
from worker.receipt.request import as_number
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import (
    AlreadyIssued,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    ShiftExpired,
    ShiftNotOpen,
    UnknownVendorCode,
    WebkassaError,
)

log = get_logger(__name__)

_OPERATION_TYPES = {OrderKind.DEPOSIT: 0, OrderKind.WITHDRAWAL: 1}
# Webkassa's code for an operation that the cashier's rights leave out: reports are a right of their own.
_NO_RIGHT = "4"
_NOT_TOLD = "Webkassa did not answer, and its reports do not tell whether the money was moved."


class MovementUnclear(Exception):
    """Raised where money may have moved and nothing more can be learned of it; the message is for a person."""


class CashMovement:
    """One attempt at an order that moves cash; the cashbox is held by `claim`."""

    def __init__(
        self, sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, number: str, order: CashboxOrder
    ) -> None:
        self._sessions, self._clients, self._claim = sessions, clients, claim
        self._number, self._order, self._kind = number, order, OrderKind(order.kind)

    def carry_out(self) -> dict[str, Any]:
        """Returns Webkassa's answer, or what its report says of it. Raises MovementUnclear, ShiftHasUnknown, WebkassaError.

        AlreadyIssued: the money moved, and this number says so.
        """
        report = self._read_report()
        if self._order.sending_since is None:
            return self._move(count_movements(report, self._kind))
        return self._settle(report)

    def _settle(self, report: dict[str, Any] | None) -> dict[str, Any]:
        """An earlier answer was lost."""
        before = Count.load(self._order.before)
        fate = judge(before, report, self._kind, self._get_amount())
        log.info("lost movement judged", order_id=self._order.id, fate=fate)
        if before is None or report is None or fate is Fate.UNCLEAR:
            raise MovementUnclear(_NOT_TOLD)
        if fate is Fate.MOVED:
            return _describe(before, report)
        if fate is Fate.NOT_MOVED:
            self._forget_sending()
            return self._move(count_movements(report, self._kind))
        return self._repeat(before, report)

    def _repeat(self, before: Count, report: dict[str, Any]) -> dict[str, Any]:
        """The same number into the same shift, where Webkassa knows it again (14)."""
        try:
            answer = self._send(before, is_repeated=True)
        except ShiftExpired:
            if judge(before, report, self._kind, self._get_amount(), is_over=True) is Fate.MOVED:
                return _describe(before, report)
            raise MovementUnclear(_NOT_TOLD) from None
        except (ReceiptRejected, ShiftNotOpen) as error:
            raise MovementUnclear(f"{_NOT_TOLD} Sent again it was refused: {error}.") from None
        if answer.get("ShiftNumber") not in (None, before.shift):
            raise MovementUnclear("The money was moved, and perhaps a first time in the shift before.")
        return answer

    def _move(self, before: Count | None) -> dict[str, Any]:
        """For the first time, as far as the drawer is concerned."""
        try:
            return self._send(before, is_repeated=False)
        except ShiftExpired:
            closed = close_shift(self._sessions, self._clients, self._claim, self._number, by=EXPIRED)
        report = closed.report or self._read_report()
        return self._send(count_movements(report, self._kind), is_repeated=False)

    def _send(self, before: Count | None, *, is_repeated: bool) -> dict[str, Any]:
        request = {
            "CashboxUniqueNumber": self._number,
            "OperationType": _OPERATION_TYPES[self._kind],
            "Sum": as_number(self._get_amount()),
            "ExternalCheckNumber": self._order.external_check_number,
        }
        with self._sessions.begin() as session:
            row = session.get_one(CashboxOrder, self._order.id)
            row.sending_since = row.sending_since or func.now()
            row.before = before.dump() if before else None
            log_id = open_log(session, MONEY, self._claim.cashbox_id, request)
        try:
            answer = self._clients.open(self._claim.cashbox_id).money_operation(request)
        except WebkassaError as error:
            with self._sessions.begin() as session:
                close_log(session, log_id, outcome_of(error), error=error)
            if not is_repeated and not isinstance(error, OutcomeUnknown | AlreadyIssued):
                self._forget_sending()
            raise
        with self._sessions.begin() as session:
            close_log(session, log_id, CallOutcome.ISSUED, response=answer)
        return answer

    def _forget_sending(self) -> None:
        """Certainly nothing moved."""
        with self._sessions.begin() as session:
            session.get_one(CashboxOrder, self._order.id).sending_since = None

    def _read_report(self) -> dict[str, Any] | None:
        """The X-report, empty where the register has had no shift yet; None where it is not for us."""
        try:
            return take_x_report(self._sessions, self._clients, self._claim, self._number)
        except ShiftNotOpen:
            return {}
        except (ReceiptRejected, UnknownVendorCode):
            return None
        except RegisterRefused as error:
            if error.code != _NO_RIGHT:
                raise
            return None

    def _get_amount(self) -> Decimal:
        assert self._order.amount is not None
        return self._order.amount


def _describe(before: Count, report: dict[str, Any]) -> dict[str, Any]:
    """As the answer that was lost would have told it, as far as is known."""
    return {"ShiftNumber": before.shift, "Sum": report.get("SumInCashbox")}
