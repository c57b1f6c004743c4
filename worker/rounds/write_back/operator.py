"""Looks, once and late, whether the operator knows a receipt and its sum: politely, and at known operators only.

Each receipt is asked for an hour after it was issued, and again five hours and a day after while its operator does not know
it; of one operator at most one page in ten seconds. Nothing here touches the receipt.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.fiscal.statuses import ReceiptState
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import OperatorCheck, Receipt
from shared.storage.models.write_back.states import CheckState
from shared.wire.calls import CallFailed, Wire
from shared.wire.connection import Limits
from worker.alerts import kinds, send_alert
from worker.alerts.wording import describe
from worker.rounds.write_back.operator_page import find_address, list_hosts, read_page
from worker.services import Services

log = get_logger(__name__)

FIRST_LOOK = timedelta(hours=1)
# After so many hours of its receipt each; the last one decides. A register without its operator may catch up for three days.
LOOKS_HOURS = (1, 6, 24)
LAST_LOOK_HOURS, LAST_LOOK_OFFLINE_HOURS = 24, 96
PACE = timedelta(seconds=10)
_TIMES = Limits(5.0, 10.0)
_OPENED_AT_ONCE = 200
_MAX_TEXT = 200


def confirms(settings: Settings) -> bool:
    """Says whether receipts are looked for at their operators at all."""
    return settings.confirm_receipts == "on"


def open_checks(session: Session, settings: Settings, since: timedelta) -> None:
    """Opens a check for each receipt that was issued of late and has a link; a link to nobody we know is not followed."""
    if not confirms(settings):
        return
    hosts = list_hosts(settings.operator_hosts)
    unchecked = (
        select(Receipt.id, Receipt.receipt_url)
        .outerjoin(OperatorCheck, OperatorCheck.receipt_id == Receipt.id)
        .where(
            Receipt.state == ReceiptState.ISSUED,
            Receipt.receipt_url.is_not(None),
            Receipt.issued_at > func.now() - since,
            OperatorCheck.id.is_(None),
        )
        .limit(_OPENED_AT_ONCE)
    )
    rows: list[dict[str, Any]] = []
    for receipt_id, url in session.execute(unchecked):
        known = find_address(url, hosts)
        rows.append({"receipt_id": receipt_id, **(_known(known[0]) if known else _UNKNOWN_HOST)})
    for row in rows:
        session.execute(insert(OperatorCheck).values(row).on_conflict_do_nothing())


_UNKNOWN_HOST: dict[str, Any] = {"host": "", "state": CheckState.MUTE, "said": "its link leads to no operator we know"}


def _known(host: str) -> dict[str, Any]:
    return {"host": host, "next_attempt_at": func.now() + FIRST_LOOK}


def check_next(services: Services) -> bool:
    """Opens one page that is due; says whether there was any."""
    if not confirms(services.settings):
        return False
    check = _claim(services.sessions)
    if check is None:
        return False
    with services.sessions() as session:
        receipt = session.get_one(Receipt, check.receipt_id)
        hours = float(session.scalar(select(func.extract("epoch", func.now() - Receipt.issued_at) / 3600)
                                     .where(Receipt.id == receipt.id)) or 0)  # fmt: skip
    state, said = _ask(services.settings, receipt)
    _save(services, check, receipt, state, said, hours)
    return True


def _claim(sessions: SessionFactory) -> OperatorCheck | None:
    """By putting it off: whoever crashes in between asks again later."""
    lately = select(OperatorCheck.host).where(OperatorCheck.asked_at > func.now() - PACE)
    due = (
        select(OperatorCheck.id)
        .where(OperatorCheck.next_attempt_at <= func.now(), OperatorCheck.host.not_in(lately))
        .order_by(OperatorCheck.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    with sessions.begin() as session:
        check = session.scalar(
            update(OperatorCheck)
            .where(OperatorCheck.id == due)
            .values(attempts=OperatorCheck.attempts + 1, asked_at=func.now(), next_attempt_at=func.now() + FIRST_LOOK)
            .returning(OperatorCheck)
        )
        if check is not None:
            session.expunge(check)
        return check


def _ask(settings: Settings, receipt: Receipt) -> tuple[CheckState, str]:
    known = find_address(receipt.receipt_url, list_hosts(settings.operator_hosts))
    if known is None or receipt.fiscal_number is None:
        return CheckState.MUTE, "its link leads to no operator we know"
    try:
        with _wire().exchange("GET", known[1]) as exchange:
            answer = exchange.answer
            # A page is no conversation: the connection is not kept.
            exchange.disbelieve()
    except CallFailed as failure:
        return CheckState.MUTE, str(failure)
    return read_page(answer.status, answer.content, receipt.fiscal_number, receipt.total)


def _save(services: Services, check: OperatorCheck, receipt: Receipt, state: CheckState, said: str, hours: float) -> None:
    last = LAST_LOOK_OFFLINE_HOURS if receipt.offline_mode else LAST_LOOK_HOURS
    is_over = state in (CheckState.CONFIRMED, CheckState.DIFFERS) or hours >= last
    following = min((one for one in (*LOOKS_HOURS, last) if one > hours), default=last)
    with services.sessions.begin() as session:
        session.execute(
            update(OperatorCheck)
            .where(OperatorCheck.id == check.id)
            .values(
                state=state if is_over else CheckState.OPEN,
                said=said[:_MAX_TEXT],
                next_attempt_at=None if is_over else func.now() + timedelta(hours=max(following - hours, 1.0)),
            )
        )
    log.info("operator asked", receipt_id=receipt.id, state=state, said=said)
    if is_over and state in (CheckState.UNKNOWN, CheckState.DIFFERS):
        values = {"number": receipt.external_check_number, "total": receipt.total, "said": said}
        text = describe(kinds.OPERATOR_DENIES, services.settings.alert_language, **values)
        send_alert(services.sessions, kinds.OPERATOR_DENIES, text)


@lru_cache(maxsize=1)
def _wire() -> Wire:
    """No redirect is followed, an answer ends in time, and no larger one is read than shared/wire allows."""
    return Wire({}, _TIMES, pool_size=1)
