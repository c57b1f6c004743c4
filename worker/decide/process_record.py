"""One delivery from the inbox: claim it, decide what is due, write the decision down.

Deciding never leaves the database. A decision that would do something fiscal is given up for a moment where Altegio can be
asked: the facts are read outside any transaction, then it is decided anew with them.

Deliveries of one subject are decided one after another (an advisory lock of the transaction), so two of them never both
find that no receipt exists. That a second sale cannot exist is, beyond that, a constraint of the table.
"""

import time
from contextlib import suppress

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared.altegio import FINANCES, GOODS_SALE, RECORD, Entity, FinanceOperation, GoodsOperation, Record, parse_entity
from shared.logging import get_logger
from shared.salon.desk_sales import DESK_SALE
from shared.storage.locks import lock_sales
from shared.tracing import tell_span
from worker.altegio.errors import AltegioError, AnswerTooOld, DeniedAlone
from worker.decide.at_desk.sale import decide_desk_sale
from worker.decide.delivery import Delivery, bind_delivery, claim_delivery, give_back, put_down
from worker.decide.goods import decide_goods
from worker.decide.known.facts import Facts, NeedsFacts, read_facts
from worker.decide.known.patience import ALTEGIO_BEHIND, give_up_denied, seconds_to_next_look
from worker.decide.known.touched import lock_touched
from worker.decide.payment import note_payment
from worker.decide.resolution import Resolution
from worker.decide.sales import Subject
from worker.decide.visit import decide_visit
from worker.salon.naming import HOW_TO_NAME, is_named
from worker.services import Services

log = get_logger(__name__)

# A delivery that was claimed this often without an end kills the worker that touches it.
MAX_CLAIMS = 10
# How long answers may be older than a webhook before a person has to see to it.
BEHIND_SECONDS = 3600.0


def process_record(services: Services, row_id: int) -> Resolution | None:
    """What became of the row; None when it is not ours to decide. The caller follows up with `cashbox_id` and `wake`."""
    started = time.perf_counter()
    delivery = claim_delivery(services.sessions, row_id, services.settings.lease_seconds)
    if delivery is None:
        return None
    bind_delivery(delivery)
    try:
        resolution = _decide_asking(services, delivery)
    except DBAPIError as error:
        if error.connection_invalidated:
            give_back(services.sessions, delivery, services.settings.lease_seconds)
        raise
    if resolution is not None:
        log.info("decided", record_id=row_id, state=resolution.state, reason=resolution.reason)
        tell_span("decide", time.perf_counter() - started, state=resolution.state)
    return resolution


def _decide_asking(services: Services, delivery: Delivery) -> Resolution | None:
    try:
        return _decide_claimed(services, delivery)
    except NeedsFacts as need:
        return _decide_with_facts(services, delivery, need.subject)


def _decide_claimed(services: Services, delivery: Delivery, facts: Facts | None = None) -> Resolution | None:
    """None when the claim was lost. Raises NeedsFacts. Nothing is written in either case."""
    with services.sessions() as session:
        resolution = decide_delivery(services, session, delivery, facts)
        if not put_down(session, delivery, resolution):
            return None
        session.commit()
    return resolution


def _decide_with_facts(services: Services, delivery: Delivery, subject: Subject) -> Resolution | None:
    assert services.altegio is not None
    try:
        facts = read_facts(services.sessions, services.altegio, subject)
    except (AltegioError, ValueError) as error:
        return _put_off(services, delivery, error)
    if facts.denied and not is_named(services.sessions, services.settings, delivery.company_id):
        return _ask_for_name(services, delivery)
    try:
        return _decide_claimed(services, delivery, facts)
    except AnswerTooOld as error:
        return _put_off(services, delivery, error)


def _put_off(services: Services, delivery: Delivery, error: AltegioError | ValueError) -> Resolution | None:
    """Nothing fiscal without Altegio's word: asked again for as long as a receipt may take, then a person decides."""
    # Validation errors repeat what they were given, which may be somebody's name.
    told = f"unreadable answer: {error.error_count()} field(s)" if isinstance(error, ValidationError) else str(error)
    age = (delivery.now - delivery.created_at).total_seconds()
    if isinstance(error, DeniedAlone):
        resolution = give_up_denied(services.settings, services.rng, delivery, told)
    elif isinstance(error, AnswerTooOld) and age > BEHIND_SECONDS:
        resolution = Resolution.dead(ALTEGIO_BEHIND, f"{told} for an hour: a forged body, or Altegio is behind itself")
    elif age > services.settings.retry_max_age_hours * 3600:
        resolution = Resolution.dead("altegio_unavailable", f"Altegio could not be asked: {told}")
    else:
        wait = seconds_to_next_look(delivery, services.rng)
        retry_after = getattr(error, "retry_after", None) or 0.0
        resolution = Resolution.retrying("altegio", f"Altegio is asked again: {told}", max(wait, retry_after))
    return _put_down_alone(services, delivery, resolution)


def _ask_for_name(services: Services, delivery: Delivery) -> Resolution | None:
    """A body stands for itself only where a person named the salon: anybody may have invented one of a stranger's."""
    reason = f"Altegio shows nothing of salon {delivery.company_id}, and nobody named it: if it is yours, {HOW_TO_NAME}"
    return _put_down_alone(services, delivery, Resolution.dead("salon_not_named", f"{reason} {delivery.company_id}"))


def _put_down_alone(services: Services, delivery: Delivery, resolution: Resolution) -> Resolution | None:
    with services.sessions.begin() as session:
        return resolution if put_down(session, delivery, resolution) else None


def decide_delivery(services: Services, session: Session, row: Delivery, facts: Facts | None) -> Resolution:
    """Decides within the caller's transaction, which holds all of it until the end. Raises NeedsFacts, AnswerTooOld."""
    if row.claims > MAX_CLAIMS:
        return Resolution.dead("unprocessable", f"claimed {row.claims} times without an end")
    if row.resource == DESK_SALE:
        return decide_desk_sale(services, session, row)
    try:
        entity = parse_entity(row.resource, (row.body or {}).get("data"))
    except (ValidationError, KeyError) as error:
        return Resolution.dead("unreadable", f"the stored body cannot be read: {type(error).__name__}")
    _serialise_subject(session, row, entity)
    match (row.resource, entity):
        case (resource, Record()) if resource == RECORD:
            return decide_visit(services, session, row, entity, facts)
        case (resource, GoodsOperation()) if resource == GOODS_SALE:
            return decide_goods(services, session, row, entity, facts)
        case (resource, FinanceOperation()) if resource == FINANCES:
            return note_payment(services, session, row, entity, facts)
    return Resolution.dead("unreadable", "the resource is not supported")


def lock_subject(session: Session, row: Delivery) -> None:
    """Waits until nobody else decides about the same subject, which rows may be locked after and never before."""
    with suppress(ValidationError, KeyError):
        _serialise_subject(session, row, parse_entity(row.resource, (row.body or {}).get("data")))


def _serialise_subject(session: Session, row: Delivery, entity: Entity) -> None:
    """One decision at a time for each visit (its payments included) and each goods document."""
    match entity:
        case GoodsOperation():
            lock_sales(session, row.company_id, documents=[entity.document_id])
        case FinanceOperation():
            lock_touched(session, row, entity)
        case Record():
            lock_sales(session, row.company_id, visits=[entity.visit_id], records=[row.resource_id])
