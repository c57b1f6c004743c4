"""Issuing what is due on one cashbox.

Whoever gets the cashbox's claim works off its due receipts; everybody else leaves at once, since the holder looks again
before it goes. So one slow cashbox holds one thread of the pool, and a waiting receipt costs no thread at all.
"""

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.queue import ISSUE_RECEIPTS
from shared.storage.db import open_alone
from worker.cashbox.claim import ClaimLost, hold_cashbox
from worker.issue.next_receipt import is_any_due
from worker.issue.turn import Turn
from worker.salon.customer.delivery import request_delivery
from worker.services import Services

log = get_logger(__name__)

# Retries sooner than this are worth a message of their own; later ones the dispatcher finds.
MESSAGE_WITHIN_SECONDS = 30.0


def issue_due(services: Services, cashbox_id: int) -> None:
    """One turn at the cashbox, or nothing when somebody else has it."""
    with hold_cashbox(services.sessions, cashbox_id, services.settings.lease_seconds) as claim:
        if claim is None:
            return
        try:
            wait = Turn(services, claim).work_off()
        except ClaimLost:
            log.error("cashbox was taken over", cashbox_id=cashbox_id)
            return
    # Looked at after the release: whoever found the cashbox busy before it relies on this look.
    with open_alone(services.sessions) as connection:
        more = is_any_due(connection, cashbox_id)
    if (more or wait is not None) and not services.breaker.is_open():
        request_turn(services.producer, cashbox_id, in_seconds=max(wait or 0.0, claim.rest_seconds))
    request_delivery(services.sessions, services.producer)


def request_turn(producer: Celery, cashbox_id: int, *, in_seconds: float = 0.0) -> None:
    """Asks the workers to look at the cashbox; without a broker the dispatcher will."""
    if in_seconds > MESSAGE_WITHIN_SECONDS:
        return
    try:
        producer.send_task(
            ISSUE_RECEIPTS, args=[cashbox_id], countdown=in_seconds + 0.05 if in_seconds else None, retry=False
        )
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("turn left to the dispatcher", cashbox_id=cashbox_id, error=type(error).__name__)
