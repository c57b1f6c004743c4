"""Finds out how far the set-up is: register, webhook, tokens, people, alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.acquire.access.auth import Staff
from api.acquire.people.listing import list_people, name_salons
from api.acquire.registers.listing import Register, list_registers
from api.acquire.salon.known import find_known_salons
from api.acquire.words.text import Text
from shared.clock import utc_now
from shared.config import Settings
from shared.fiscal.statuses import DeliverySource
from shared.salon.webhook_secret import SalonSecret, build_webhook_address, make_webhook_secret
from shared.storage.models import Trial, WebhookAddress, WebhookRecord, WorkerSign
from shared.storage.models.service.trial import TrialKind, TrialState
from shared.storage.models.staff.staff_user import StaffRole

# A worker gives a sign every five seconds, and a trial takes seconds.
_ALIVE = timedelta(minutes=1)
TRIAL_LASTS = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Address:
    """Holds the webhook address of a salon, None for one that is everybody's. It is a secret."""

    salon: Text | str | None
    address: str


@dataclass(frozen=True, slots=True)
class Tried:
    """Says what came of the last trial. `is_pending`: a worker is at it, or has not seen it yet."""

    at: datetime
    state: TrialState
    is_pending: bool
    tried: int
    passed: int
    words: str | None


@dataclass(frozen=True, slots=True)
class Steps:
    """Describes the five steps. `is_worker_here`: a worker gave a sign lately; `tokens_are_set`: it has Altegio's."""

    registers: Sequence[Register]
    register_is_done: bool
    addresses: Sequence[Address]
    first_message: datetime | None
    last_message: datetime | None
    is_worker_here: bool
    tokens_are_set: bool
    altegio: Tried | None
    managers: int
    others: int
    alerts: Tried | None

    @property
    def people_are_done(self) -> bool:
        return self.managers > 0 and self.others > 0

    @property
    def altegio_is_done(self) -> bool:
        return self.altegio is not None and self.altegio.state == TrialState.PASSED

    @property
    def alerts_are_done(self) -> bool:
        return self.alerts is not None and self.alerts.state == TrialState.PASSED

    @property
    def done(self) -> int:
        ends = (self.register_is_done, self.first_message is not None, self.altegio_is_done, self.people_are_done)
        return sum((*ends, self.alerts_are_done))

    @property
    def is_ready(self) -> bool:
        """Whether receipts can be issued: tokens and alerts may come later."""
        return self.register_is_done and self.first_message is not None and self.people_are_done

    @property
    def is_pending(self) -> bool:
        tests = [register.test for register in self.registers if register.test]
        trials = [trial for trial in (self.altegio, self.alerts) if trial]
        return any(test.is_pending for test in tests) or any(trial.is_pending for trial in trials)


def find_steps(session: Session, settings: Settings, staff: Staff, host: str) -> Steps:
    """Returns how far the set-up of a manager's salons is. `host`: where this page was opened, if PUBLIC_URL is not set."""
    registers = [one for one in list_registers(session, settings, staff.salons) if one.cashbox.enabled]
    people = [person for person in list_people(session, staff) if not person.is_disabled]
    managers = sum(person.role == StaffRole.MANAGER for person in people)
    first, last = _find_messages(session, staff)
    able = session.scalars(select(WorkerSign.able_to).where(WorkerSign.seen_at > func.now() - _ALIVE)).all()
    return Steps(
        registers=registers,
        register_is_done=bool(registers) and all(_works(one) for one in registers),
        addresses=_list_addresses(session, settings, staff, settings.public_url or host),
        first_message=first,
        last_message=last,
        is_worker_here=bool(able),
        tokens_are_set=any("altegio" in words for words in able),
        altegio=_find_trial(session, TrialKind.ALTEGIO),
        managers=managers,
        others=len(people) - managers,
        alerts=_find_trial(session, TrialKind.ALERTS),
    )


def _works(register: Register) -> bool:
    return register.pause is None and (register.last_receipt is not None or bool(register.test and register.test.is_passed))


def _find_messages(session: Session, staff: Staff) -> tuple[datetime | None, datetime | None]:
    """The first and the last webhook; what was read from Altegio since none came is none."""
    told = select(WebhookRecord.created_at).where(
        WebhookRecord.source == DeliverySource.WEBHOOK, staff.salons.allow(WebhookRecord.company_id)
    )
    ends = (told.order_by(WebhookRecord.id).limit(1), told.order_by(WebhookRecord.id.desc()).limit(1))
    first, last = (session.scalar(end) for end in ends)
    return first, last


def _list_addresses(session: Session, settings: Settings, staff: Staff, host: str) -> Sequence[Address]:
    """Each salon's own; the one of all salons only where none is known yet, for whoever manages all of them."""
    known = find_known_salons(session) | settings.company_ids | (staff.salons.companies or frozenset())
    salons = sorted(one for one in known if staff.salons.include(one))
    if salons and settings.signing_keys:
        rows = session.execute(select(WebhookAddress.company_id, WebhookAddress.newest))
        newest = {row.company_id: row.newest for row in rows}
        names = name_salons(session)
        made = [make_webhook_secret(settings.signing_keys[0], SalonSecret(one, newest.get(one, 1))) for one in salons]
        return [
            Address(names.get(one) or Text("salon %(id)s", id=one), build_webhook_address(host, secret))
            for one, secret in zip(salons, made, strict=True)
        ]
    if not staff.salons.are_all or not settings.webhook_secrets:
        return []
    return [Address(None, build_webhook_address(host, settings.webhook_secrets[0]))]


def _find_trial(session: Session, kind: TrialKind) -> Tried | None:
    trial = session.scalar(select(Trial).where(Trial.kind == kind).order_by(Trial.id.desc()).limit(1))
    if trial is None:
        return None
    state = TrialState(trial.state)
    is_pending = state is TrialState.REQUESTED and utc_now() - trial.created_at < TRIAL_LASTS
    return Tried(trial.done_at or trial.created_at, state, is_pending, trial.tried, trial.passed, trial.error_text)
