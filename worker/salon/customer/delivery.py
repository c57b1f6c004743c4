"""Hands issued receipts to their customers: what is due in the outbox, one message after another, each once.

By one thread of a process, for a bounded time, and without a transaction while anything is sent. What fails here touches no
receipt.
"""

import threading
import time
from datetime import datetime
from functools import partial

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.customer.message import find_link, write_message
from shared.customer.quiet import find_end_of_quiet
from shared.logging import bound_contextvars, get_logger, mask_text
from shared.queue import DELIVER, publish_task
from shared.salon.choices import choose
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt, ReceiptPaper
from worker.salon.customer import outbox
from worker.salon.customer.addressee import SMS, WEBHOOK, Planned, plan_message, read_client
from worker.salon.customer.channels.channel import ChannelAway, Letter, MessageRefused, NotCertain
from worker.salon.customer.channels.opening import Channels
from worker.salon.customer.clients import OPTED_OUT, find_addresses, is_opted_out
from worker.salon.customer.outbox import Claimed, ClaimLost
from worker.services import Services

log = get_logger(__name__)

# What is left is done by the next run: nothing else shall wait for this one.
RUN_SECONDS = 20.0
# While a channel is away its messages knock one at a time, so this is how late the first of them may be afterwards.
AWAY_SECONDS = (5.0, 15.0)
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 30.0, 150.0
# Half an hour of them.
MAX_REFUSALS = 15
GIVE_BACK_TRIES = 5
# What may ring in the night.
_DISTURBING = (SMS, WEBHOOK)

_running = threading.Lock()


class _NotToBeSent(Exception):
    """Raised where a message is for nobody any more; the text says why."""


def deliver_due(services: Services) -> None:
    """Sends what is due, unless this process is at it already."""
    if not _running.acquire(blocking=False):
        return
    try:
        _deliver(services)
    finally:
        _running.release()


def request_delivery(sessions: SessionFactory, producer: Celery) -> None:
    """Has what is due sent soon; without a broker the dispatcher does."""
    if not outbox.is_any_due(sessions):
        return
    try:
        publish_task(producer, DELIVER, [])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("delivery left to the dispatcher", error=type(error).__name__)


def _deliver(services: Services) -> None:
    sessions, ends_at = services.sessions, time.monotonic() + RUN_SECONDS
    outbox.settle_lost(sessions)
    with Channels(services.settings) as channels:
        while time.monotonic() < ends_at and (claimed := outbox.claim_next(sessions, channels.away)):
            with bound_contextvars(receipt_id=claimed.receipt_id, message_id=claimed.id):
                _hand_over(services, channels, claimed)


def _hand_over(services: Services, channels: Channels, claimed: Claimed) -> None:
    sessions = services.sessions
    try:
        receipt, letter, now = _write_letter(sessions, services.settings, claimed)
        until = find_end_of_quiet(services.settings.quiet_hours, now) if claimed.channel in _DISTURBING else None
        if until is not None:
            outbox.put_off(sessions, claimed, (until - now).total_seconds(), "quiet hours")
            return
        channels.open(claimed.channel).hand_over(letter, partial(outbox.note_begun, sessions, claimed))
    except SQLAlchemyError:
        _give_back(sessions, claimed)
        raise
    except _NotToBeSent as reason:
        outbox.save_dropped(sessions, claimed, str(reason))
    except ClaimLost:
        log.warning("message was taken over")
    except NotCertain as doubt:
        outbox.save_uncertain(sessions, claimed, str(doubt))
        log.error("not certain whether a customer has the receipt", channel=claimed.channel)
    except ChannelAway as trouble:
        channels.away.add(claimed.channel)
        _try_again(services, claimed, receipt, now, str(trouble), services.rng.uniform(*AWAY_SECONDS))
    except MessageRefused as refusal:
        _take_refusal(services, claimed, receipt, now, refusal)
    else:
        outbox.save_handed_over(sessions, claimed)
        log.info("receipt handed over", channel=claimed.channel, attempts=claimed.attempts)


def _give_back(sessions: SessionFactory, claimed: Claimed) -> None:
    """The database failed before anything was taken: whatever it wrote of a beginning is undone, if it can be."""
    for _ in range(GIVE_BACK_TRIES):
        try:
            outbox.put_off(sessions, claimed, 0.0, "the database was away")
            return
        except SQLAlchemyError:
            time.sleep(1)


def _take_refusal(services: Services, claimed: Claimed, receipt: Receipt, now: datetime, refusal: MessageRefused) -> None:
    """Also a refusal for ever is asked again some times: a server that is set up wrongly refuses everybody so."""
    if refusal.is_final and claimed.refusals + 1 >= MAX_REFUSALS:
        outbox.save_refused(services.sessions, claimed, str(refusal))
        log.error("a customer's receipt was refused", channel=claimed.channel)
        return
    wait = min(FIRST_RETRY_SECONDS * 2.0 ** min(claimed.attempts - 1, 10), LAST_RETRY_SECONDS)
    _try_again(services, claimed, receipt, now, str(refusal), wait, is_refusal=refusal.is_final)


def _try_again(
    services: Services,
    claimed: Claimed,
    receipt: Receipt,
    now: datetime,
    problem: str,
    seconds: float,
    *,
    is_refusal: bool = False,
) -> None:
    """Until it is no news any more."""
    if receipt.issued_at is not None and now - receipt.issued_at > outbox.GIVE_UP_AFTER:
        outbox.save_refused(services.sessions, claimed, f"gave up: {problem}")
        log.error("a customer's receipt was given up", channel=claimed.channel)
        return
    outbox.put_off(services.sessions, claimed, seconds, problem, is_refusal=is_refusal)
    log.warning("message put off", channel=claimed.channel, attempts=claimed.attempts, problem=mask_text(problem))


def _write_letter(sessions: SessionFactory, settings: Settings, claimed: Claimed) -> tuple[Receipt, Letter, datetime]:
    """Returns also the receipt and the time. Raises _NotToBeSent."""
    with sessions() as session:
        receipt = session.get_one(Receipt, claimed.receipt_id)
        language = choose(settings, session.get(Cashbox, receipt.cashbox_id), "receipt_language")
        to = _find_address(session, claimed, receipt)
        now = session.execute(select(func.now())).scalar_one()
        token = session.scalar(select(ReceiptPaper.token).where(ReceiptPaper.receipt_id == receipt.id))
    link = find_link(receipt.receipt_url, settings.public_url, token)
    if link is None:
        raise _NotToBeSent("Webkassa told no link")
    message = write_message(receipt.kind, link, language)
    key = f"receipt-{receipt.external_check_number}-{claimed.channel}"
    return receipt, Letter(key, to.email, to.phone, message.subject, message.text, _describe(receipt, link)), now


def _find_address(session: Session, claimed: Claimed, receipt: Receipt) -> Planned:
    """That of the message, or the newest that is known. Raises _NotToBeSent."""
    client_id = claimed.client_id
    planned: Planned | None = Planned(claimed.channel, claimed.email, claimed.phone, claimed.is_wish)
    if claimed.email is None and claimed.phone is None:
        typed, client = find_addresses(session, receipt.company_id, receipt.record_id, receipt.document_id)
        client_id = client.id if client else client_id
        planned = plan_message(claimed.channel, read_client(client), typed)
    if planned is None:
        raise _NotToBeSent("no address")
    if not planned.is_wish and is_opted_out(session, receipt.company_id, client_id):
        raise _NotToBeSent(OPTED_OUT)
    return planned


def _describe(receipt: Receipt, link: str) -> dict[str, object]:
    return {
        "company_id": receipt.company_id,
        "kind": receipt.kind,
        "number": receipt.external_check_number,
        "fiscal_number": receipt.fiscal_number,
        "total": str(receipt.total),
        "link": link,
    }
