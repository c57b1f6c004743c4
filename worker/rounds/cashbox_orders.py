"""Carries out what people order of a cashbox: reports, cash into or out of the drawer, tests, like a receipt is issued.

How a movement of cash happens once, although its answer may be lost, is `cash_movement`'s.
"""

from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, and_, func, select

from shared.clock import parse_moment
from shared.logging import get_logger
from shared.queue import CARRY_OUT
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, CashboxOrder
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderKind, OrderState
from worker.alerts import send_alert
from worker.alerts.kinds import CASH_UNCLEAR
from worker.alerts.wording import describe
from worker.cashbox.claim import CashboxClaim, hold_cashbox
from worker.cashbox.failures import rest_or_pause, tell_breaker
from worker.cashbox.licence import try_register
from worker.cashbox.shift.check import check_shift
from worker.cashbox.shift.reports import ShiftHasUnknown, close_shift, take_x_report
from worker.cashbox.shift.rows import note_document
from worker.rounds.cash_movement import CashMovement, MovementUnclear
from worker.rounds.nightly_z_report import UNKNOWN_OUTCOME, settle_unknown
from worker.services import Services
from worker.webkassa.errors import AlreadyIssued, ReceiptRejected, RegisterRefused, ShiftNotOpen, WebkassaError

log = get_logger(__name__)

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


def carry_out(services: Services, order_id: int) -> None:
    """Makes one attempt at an order that is still open. What cannot be done now is tried again later."""
    with services.sessions() as session:
        order = session.get(CashboxOrder, order_id)
    if order is None or order.state != OrderState.REQUESTED:
        return
    if order.kind == OrderKind.Z_REPORT and not settle_unknown(services, order.cashbox_id):
        if _take(services.sessions, order_id) is not None:
            _put_off(services, order, None, UNKNOWN_OUTCOME)
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
        result = _perform(services, claim, number, order)
    except ShiftHasUnknown:
        _put_off(services, order, None, UNKNOWN_OUTCOME)
    except MovementUnclear as problem:
        _end(services, order, OrderState.UNKNOWN, error_text=f"{problem} Look in Webkassa's cabinet.")
    except AlreadyIssued as error:
        data = error.response.get("Data") if isinstance(error.response, dict) else None
        _finish(services, order, data if isinstance(data, dict) else {})
    except (ReceiptRejected, RegisterRefused, ShiftNotOpen) as error:
        _refuse(services, claim, order, error)
    except WebkassaError as error:
        rest_or_pause(services, claim, error, is_outage=tell_breaker(services.breaker, claim.cashbox_id, error))
        if order.kind == OrderKind.CHECK:
            # That is what somebody wanted to know.
            _end(services, order, OrderState.REFUSED, error_code=error.code, error_text=str(error)[:_MAX_TEXT])
            return
        _put_off(services, order, error, str(error), at_least=claim.rest_seconds)
    else:
        services.breaker.record_success(claim.cashbox_id)
        _finish(services, order, result)
        if order.kind == OrderKind.Z_REPORT:
            check_shift(services.sessions, services.settings, services.clients, claim, number, result)


def _perform(services: Services, claim: CashboxClaim, number: str, order: CashboxOrder) -> dict[str, Any]:
    sessions, clients = services.sessions, services.clients
    if order.kind == OrderKind.X_REPORT:
        return take_x_report(sessions, clients, claim, number)
    if order.kind == OrderKind.Z_REPORT:
        return close_shift(sessions, clients, claim, number, by=order.ordered_by).report or {}
    if order.kind == OrderKind.CHECK:
        return try_register(sessions, clients, claim, number)
    return CashMovement(sessions, clients, claim, number, order).carry_out()


def _refuse(services: Services, claim: CashboxClaim, order: CashboxOrder, error: WebkassaError) -> None:
    """Ends the order, unless money may have moved: then the register's refusal is no answer to that."""
    if isinstance(error, RegisterRefused):
        rest_or_pause(services, claim, error)
    with services.sessions() as session:
        may_have_moved = session.get_one(CashboxOrder, order.id).sending_since is not None
    if may_have_moved:
        seconds = services.settings.register_probe_seconds
        _put_off(services, order, error, str(error), at_least=seconds)
        return
    _end(services, order, OrderState.REFUSED, error_code=error.code, error_text=error.text[:_MAX_TEXT])


def _finish(services: Services, order: CashboxOrder, result: dict[str, Any]) -> None:
    moment = parse_moment(result.get("DateTime"))
    shift = result.get("ShiftNumber")
    _end(services, order, OrderState.DONE, result=result, shift_number=shift, done_at=moment or func.now())
    if order.kind in MONEY_ORDERS and isinstance(shift, int):
        with services.sessions.begin() as session:
            note_document(session, order.cashbox_id, shift, moment, _read_registration(result))
    log.info("order carried out", order_id=order.id, kind=order.kind, cashbox_id=order.cashbox_id)


def _read_registration(result: dict[str, Any]) -> str | None:
    cashbox = result.get("Cashbox")
    return str(cashbox.get("RegistrationNumber") or "") if isinstance(cashbox, dict) else None


def _end(services: Services, order: CashboxOrder, state: OrderState, **values: Any) -> None:
    ended = {"error_code": None, "error_text": None, **values, "state": state}
    with services.sessions.begin() as session:
        row = session.get_one(CashboxOrder, order.id, with_for_update=True)
        for name, value in {**ended, "sending_since": None, "next_attempt_at": None}.items():
            setattr(row, name, value)
        number = session.get_one(Cashbox, order.cashbox_id).unique_number
    if state != OrderState.DONE:
        log.error("order not carried out", order_id=order.id, kind=order.kind, state=state, code=values.get("error_code"))
    if state == OrderState.UNKNOWN:
        language = services.settings.alert_language
        text = describe(CASH_UNCLEAR, language, cashbox=number, amount=order.amount, order=order.id)
        send_alert(services.sessions, CASH_UNCLEAR, text)


def _put_off(
    services: Services, order: CashboxOrder, error: WebkassaError | None, reason: str, *, at_least: float = 0.0
) -> None:
    with services.sessions.begin() as session:
        row = session.get_one(CashboxOrder, order.id, with_for_update=True)
        seconds = max(min(2.0**row.attempts, _MAX_PAUSE_SECONDS), at_least, (error.retry_after or 0.0) if error else 0.0)
        row.next_attempt_at = func.now() + timedelta(seconds=seconds)
        row.error_code, row.error_text = error.code if error else None, reason[:_MAX_TEXT]
        may_have_moved = row.sending_since is not None
        age: timedelta = session.scalars(_NOW).one() - row.created_at
    if age < (ASK_FOR if may_have_moved else GIVE_UP_AFTER):
        request_again(services.producer, order.id, seconds + 0.05)
        return
    state = OrderState.UNKNOWN if may_have_moved else OrderState.REFUSED
    _end(services, order, state, error_code=error.code if error else None, error_text=reason[:_MAX_TEXT])


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
