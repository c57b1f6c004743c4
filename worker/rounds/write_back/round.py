"""Finds what is due in this room and does it, one runner in a process. Asked for after each receipt, and by the clock."""

import threading
import time
from datetime import timedelta

from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import exists, func, literal, or_, select

from shared.logging import get_logger
from shared.queue import WRITE_BACK
from shared.storage.db import open_alone
from shared.storage.models import Cashbox, DeskBooking, OperatorCheck, VisitMark
from worker.rounds.write_back.bookings import book_next, open_bookings, open_withdrawals
from worker.rounds.write_back.claims import is_free
from worker.rounds.write_back.marks import open_marks, write_next_mark
from worker.rounds.write_back.operator import check_next, confirms, open_checks
from worker.services import Services

log = get_logger(__name__)

# Soon after receipts; and everything that a crash or a register's wrong clock has left behind.
LATELY, LEFT_BEHIND = timedelta(minutes=15), timedelta(days=3)
TURN_SECONDS = 20.0
# What waits no longer than this has a message of its own; the rest the dispatcher finds.
_MESSAGE_WITHIN_SECONDS = 10.0
_one_runner = threading.Lock()

# What somebody works on is neither due nor soon.
_IN_ALTEGIO = (VisitMark, DeskBooking)
_NEXT = [
    select(func.extract("epoch", func.min(table.next_attempt_at) - func.now())).where(is_free(table)).scalar_subquery()
    for table in _IN_ALTEGIO
]
_SOONEST = select(func.least(*_NEXT))
_DUE_IN_ALTEGIO = [exists().where(table.next_attempt_at <= func.now(), is_free(table)) for table in _IN_ALTEGIO]
_DUE_AT_OPERATORS = exists().where(OperatorCheck.next_attempt_at <= func.now())


def ask_to_write_back(services: Services) -> None:
    """Has what was just issued written back, where anybody wants that. Never raises for a broker: the clock asks as well."""
    if services.altegio is not None and _is_wanted(services):
        _publish(services, None)


def ask_for_what_waits(services: Services) -> None:
    """Has what is due done by somebody; asked by the clock."""
    due = [*(_DUE_IN_ALTEGIO if services.altegio else ()), *([_DUE_AT_OPERATORS] if confirms(services.settings) else ())]
    if not due:
        return
    with open_alone(services.sessions) as connection:
        is_any = connection.scalar(select(or_(*due)))
    if is_any:
        _publish(services, None)


def write_back(services: Services, since: timedelta = LATELY) -> None:
    """Opens what is new and works off what is due, unless another thread of this process is at it."""
    _open(services, since)
    if not _one_runner.acquire(blocking=False):
        return
    try:
        _work_off(services)
    finally:
        _one_runner.release()
    _come_again(services)


def _work_off(services: Services) -> None:
    """Marks first: people look at visits."""
    ends_at = time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends_at:
        altegio = services.altegio
        is_any = altegio is not None and (write_next_mark(services, altegio) or book_next(services, altegio))
        if not is_any and not check_next(services):
            return


def _open(services: Services, since: timedelta) -> None:
    settings = services.settings
    with services.sessions.begin() as session:
        if services.altegio is not None:
            open_marks(session, settings.write_back, since)
            open_bookings(session, settings.desk_payments, since)
            open_withdrawals(session)
        open_checks(session, settings, since)


def _is_wanted(services: Services) -> bool:
    settings = services.settings
    if settings.write_back != "off" or settings.desk_payments != "off":
        return True
    own = or_(
        func.coalesce(Cashbox.write_back, literal("off")) != "off",
        func.coalesce(Cashbox.desk_payments, literal("off")) != "off",
    )
    with open_alone(services.sessions) as connection:
        return bool(connection.scalar(select(exists().where(own))))


def _come_again(services: Services) -> None:
    if services.altegio is None:
        return
    with open_alone(services.sessions) as connection:
        seconds = connection.scalar(_SOONEST)
    if seconds is not None and float(seconds) < _MESSAGE_WITHIN_SECONDS:
        _publish(services, max(float(seconds), 0.0) + 0.05)


def _publish(services: Services, countdown: float | None) -> None:
    try:
        services.producer.send_task(WRITE_BACK, args=[], countdown=countdown, retry=False)
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("write-back left to the dispatcher", error=type(error).__name__)
