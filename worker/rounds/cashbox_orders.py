"""Carries out what people order of a cashbox: reports, and cash into or out of the drawer, like a receipt is issued.

A movement of cash has a number of its own. After a lost answer the same number is sent again: Webkassa then answers that it
knows it (14), which is as good as done, since there is no way to look a movement up.
"""

from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, and_, func, select

from shared.clock import parse_moment
from shared.fiscal.statuses import CallOutcome
from shared.logging import get_logger
from shared.queue import CARRY_OUT
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, CashboxOrder
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderKind, OrderState
from worker.cashbox.calls import MONEY, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim, hold_cashbox
from worker.cashbox.failures import rest_or_pause, tell_breaker
from worker.cashbox.shift.check import check_shift
from worker.cashbox.shift.reports import ShiftHasUnknown, close_shift, take_x_report
from worker.cashbox.shift.rows import EXPIRED, note_document
from worker.receipt.request import as_number
from worker.rounds.nightly_z_report import UNKNOWN_OUTCOME, settle_unknown
from worker.services import Services
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import (
    AlreadyIssued,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    ShiftExpired,
    ShiftNotOpen,
    WebkassaError,
)

log = get_logger(__name__)

_OPERATION_TYPES = {OrderKind.DEPOSIT: 0, OrderKind.WITHDRAWAL: 1}
# A person stands before the page; what did not happen within this time is ordered anew.
GIVE_UP_AFTER = timedelta(minutes=30)
# Money that may have moved is asked for as long as a receipt would be.
ASK_FOR = timedelta(hours=72)
_BUSY_SECONDS = 1.0
# Its message is under way so long.
STALE_SECONDS = 10
_NOW = select(func.now())
_MAX_PAUSE_SECONDS = 60.0
_MAX_TEXT = 500


class _TooLateToAsk(Exception):
    """The shift in which the money may have moved is over: the number tells nothing any more."""


def carry_out(services: Services, order_id: int) -> None:
    """Makes one attempt at an order that is still open. What cannot be done now is tried again later."""
    with services.sessions() as session:
        order = session.get(CashboxOrder, order_id)
    if order is None or order.state != OrderState.REQUESTED:
        return
    if order.kind == OrderKind.Z_REPORT and not settle_unknown(services, order.cashbox_id):
        if _take(services.sessions, order_id) is not None:
            _put_off(services.sessions, services.producer, order, None, UNKNOWN_OUTCOME)
        return
    with hold_cashbox(services.sessions, order.cashbox_id, services.settings.lease_seconds, even_if_paused=True) as claim:
        taken = _take(services.sessions, order_id) if claim is not None else None
        if claim is not None and taken is not None:
            _attempt(services, claim, taken)
    if claim is None:
        request_again(services.producer, order_id, _BUSY_SECONDS)


def request_again(producer: Celery, order_id: int, seconds: float) -> None:
    """Asks the workers to look at the order again; without a broker the dispatcher finds it."""
    try:
        producer.send_task(CARRY_OUT, args=[order_id], countdown=seconds, retry=False)
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("order left to the dispatcher", order_id=order_id, error=type(error).__name__)


def _take(sessions: SessionFactory, order_id: int) -> CashboxOrder | None:
    with sessions.begin() as session:
        order = session.get_one(CashboxOrder, order_id, with_for_update=True)
        if order.state != OrderState.REQUESTED:
            return None
        if order.next_attempt_at is not None and order.next_attempt_at > session.scalars(_NOW).one():
            return None
        order.attempts += 1
    return order


def _attempt(services: Services, claim: CashboxClaim, order: CashboxOrder) -> None:
    with services.sessions() as session:
        number = session.get_one(Cashbox, order.cashbox_id).unique_number
    try:
        result = _perform(services.sessions, services.clients, claim, number, order)
    except ShiftHasUnknown:
        _put_off(services.sessions, services.producer, order, None, UNKNOWN_OUTCOME)
    except _TooLateToAsk:
        text = "Webkassa did not answer, and its shift is over: look in its cabinet whether the money was moved"
        _end(services.sessions, order, OrderState.UNKNOWN, error_text=text)
    except AlreadyIssued as error:
        data = error.response.get("Data") if isinstance(error.response, dict) else None
        _finish(services.sessions, order, data if isinstance(data, dict) else {})
    except (ReceiptRejected, RegisterRefused, ShiftNotOpen) as error:
        if isinstance(error, RegisterRefused):
            rest_or_pause(services, claim, error)
        _end(services.sessions, order, OrderState.REFUSED, error_code=error.code, error_text=error.text[:_MAX_TEXT])
    except WebkassaError as error:
        rest_or_pause(services, claim, error, is_outage=tell_breaker(services.breaker, error))
        _put_off(services.sessions, services.producer, order, error, str(error), at_least=claim.rest_seconds)
    else:
        services.breaker.record_success()
        _finish(services.sessions, order, result)
        if order.kind == OrderKind.Z_REPORT:
            check_shift(services.sessions, services.settings, services.clients, claim, number, result.get("ShiftNumber"))


def _perform(
    sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, number: str, order: CashboxOrder
) -> dict[str, Any]:
    if order.kind == OrderKind.X_REPORT:
        return take_x_report(sessions, clients, claim, number)
    if order.kind == OrderKind.Z_REPORT:
        return close_shift(sessions, clients, claim, number, by=order.ordered_by).report or {}
    try:
        return _move_money(sessions, clients, claim, number, order)
    except ShiftExpired:
        if order.sending_since is not None:
            raise _TooLateToAsk from None
        close_shift(sessions, clients, claim, number, by=EXPIRED)
        return _move_money(sessions, clients, claim, number, order)


def _move_money(
    sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, number: str, order: CashboxOrder
) -> dict[str, Any]:
    """`order.sending_since` stays what it was before this call: set, an earlier answer was lost."""
    assert order.amount is not None
    request = {
        "CashboxUniqueNumber": number,
        "OperationType": _OPERATION_TYPES[OrderKind(order.kind)],
        "Sum": as_number(order.amount),
        "ExternalCheckNumber": order.external_check_number,
    }
    with sessions.begin() as session:
        row = session.get_one(CashboxOrder, order.id)
        row.sending_since = row.sending_since or func.now()
        log_id = open_log(session, MONEY, claim.cashbox_id, request)
    try:
        answer = clients.open(claim.cashbox_id).money_operation(request)
    except WebkassaError as error:
        with sessions.begin() as session:
            close_log(session, log_id, outcome_of(error), error=error)
            if order.sending_since is None and not isinstance(error, OutcomeUnknown | AlreadyIssued):
                session.get_one(CashboxOrder, order.id).sending_since = None
        raise
    with sessions.begin() as session:
        close_log(session, log_id, CallOutcome.ISSUED, response=answer)
    return answer


def _finish(sessions: SessionFactory, order: CashboxOrder, result: dict[str, Any]) -> None:
    moment = parse_moment(result.get("DateTime"))
    shift = result.get("ShiftNumber")
    _end(sessions, order, OrderState.DONE, result=result, shift_number=shift, done_at=moment or func.now())
    if order.kind in MONEY_ORDERS and isinstance(shift, int):
        with sessions.begin() as session:
            note_document(session, order.cashbox_id, shift, moment)
    log.info("order carried out", order_id=order.id, kind=order.kind, cashbox_id=order.cashbox_id)


def _end(sessions: SessionFactory, order: CashboxOrder, state: OrderState, **values: Any) -> None:
    ended = {"error_code": None, "error_text": None, **values, "state": state}
    with sessions.begin() as session:
        row = session.get_one(CashboxOrder, order.id, with_for_update=True)
        for name, value in {**ended, "sending_since": None, "next_attempt_at": None}.items():
            setattr(row, name, value)
    if state != OrderState.DONE:
        log.error("order not carried out", order_id=order.id, kind=order.kind, state=state, code=values.get("error_code"))


def _put_off(
    sessions: SessionFactory,
    producer: Celery,
    order: CashboxOrder,
    error: WebkassaError | None,
    reason: str,
    *,
    at_least: float = 0.0,
) -> None:
    with sessions.begin() as session:
        row = session.get_one(CashboxOrder, order.id, with_for_update=True)
        seconds = max(min(2.0**row.attempts, _MAX_PAUSE_SECONDS), at_least, (error.retry_after or 0.0) if error else 0.0)
        row.next_attempt_at = func.now() + timedelta(seconds=seconds)
        row.error_code, row.error_text = error.code if error else None, reason[:_MAX_TEXT]
        may_have_moved = row.sending_since is not None
        age: timedelta = session.scalars(_NOW).one() - row.created_at
    if age < (ASK_FOR if may_have_moved else GIVE_UP_AFTER):
        request_again(producer, order.id, seconds + 0.05)
        return
    state = OrderState.UNKNOWN if may_have_moved else OrderState.REFUSED
    _end(sessions, order, state, error_code=error.code if error else None, error_text=reason[:_MAX_TEXT])


def _is_order_due(stale_before: Any) -> ColumnElement[bool]:
    """Its message was lost: never tried for a while, or due again."""
    is_stale = CashboxOrder.next_attempt_at.is_(None) & (CashboxOrder.created_at < stale_before)
    return and_(CashboxOrder.state == OrderState.REQUESTED, is_stale | (CashboxOrder.next_attempt_at <= func.now()))


STALE_BEFORE = func.now() - timedelta(seconds=STALE_SECONDS)
IS_ORDER_DUE = _is_order_due(STALE_BEFORE)


def find_due_orders(sessions: SessionFactory, stale_before: Any = STALE_BEFORE) -> list[int]:
    """Returns ids of orders nobody seems to see to: never tried though made before `stale_before`, or due again."""
    due = select(CashboxOrder.id).where(_is_order_due(stale_before)).order_by(CashboxOrder.id)
    with sessions() as session:
        return list(session.scalars(due))
