"""Reads the trail: whose lines somebody may see, which of them are wanted, and what the things in them are called."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from api.acquire.access.salons import Salons
from api.acquire.cashbox.views import ORDER_LABELS
from api.acquire.words.text import Text
from shared.clock import ALMATY
from shared.storage.models import (
    AuditEvent,
    Cashbox,
    CashboxOrder,
    PaymentRecord,
    Receipt,
    StaffSalon,
    StaffUser,
    Visit,
    WebhookRecord,
)
from shared.storage.models.desk.cashbox_order import OrderKind

_NUMBER = re.compile(r"[0-9]{1,18}")
_ACTION = re.compile(r"[a-z_]{1,40}")
Names = dict[tuple[str, int], str | Text]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Says which lines are wanted: of a person, of a kind of deed, of a day, older than one; None: all."""

    person: int | None
    action: str | None
    day: date | None
    before: int | None

    @property
    def query(self) -> str:
        """Returns the query that leads to the same lines, without the page."""
        fields = {"person": self.person, "action": self.action, "day": self.day}
        return urlencode({name: value for name, value in fields.items() if value is not None})


def read_wanted(person: str = "", action: str = "", day: str = "", before: str = "") -> Wanted:
    """Reads the query of an address; what cannot be read narrows nothing."""
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        chosen = None
    if chosen is not None and not 2000 <= chosen.year < 2100:
        chosen = None
    return Wanted(_read_number(person), action if _ACTION.fullmatch(action) else None, chosen, _read_number(before))


def _read_number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and _NUMBER.fullmatch(typed) else None


def list_events(session: Session, salons: Salons, wanted: Wanted, limit: int) -> Sequence[Any]:
    """Returns lines as (event, name of the doer, name of the account it was done to), the newest first."""
    about = aliased(StaffUser)
    query = (
        select(AuditEvent, StaffUser.shown_name, about.shown_name)
        .outerjoin(StaffUser, StaffUser.id == AuditEvent.staff_user_id)
        .outerjoin(about, AuditEvent.subject == func.concat("staff ", about.id))
        .where(_is_of(salons, StaffUser, about))
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    return session.execute(_narrow(query, wanted)).all()


def _narrow(query: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.person is not None:
        query = query.where(AuditEvent.staff_user_id == wanted.person)
    if wanted.action is not None:
        query = query.where(AuditEvent.action == wanted.action)
    if wanted.before is not None:
        query = query.where(AuditEvent.id < wanted.before)
    if wanted.day is not None:
        first = datetime.combine(wanted.day, time(), tzinfo=ALMATY)
        query = query.where(AuditEvent.created_at >= first, AuditEvent.created_at < first + timedelta(days=1))
    return query


def list_people(session: Session, salons: Salons) -> Sequence[Any]:
    """Returns the accounts whose deeds may be asked for: `id` and `name`."""
    query = select(StaffUser.id, StaffUser.shown_name.label("name")).order_by(StaffUser.shown_name)
    return session.execute(query if salons.companies is None else query.where(_is_within(salons, StaffUser))).all()


def _is_of(salons: Salons, doer: Any, about: Any) -> ColumnElement[bool]:
    """What was done to a salon is for those who belong to it; what to an account, for those who share all its salons."""
    if salons.companies is None:
        return true()
    is_of_account = AuditEvent.company_id.is_(None) & (AuditEvent.subject.is_(None) | about.id.is_not(None))
    is_near = or_(_is_within(salons, doer), _is_within(salons, about))
    return or_(salons.allow(AuditEvent.company_id), and_(is_of_account, is_near))


def _is_within(salons: Salons, account: Any) -> ColumnElement[bool]:
    placed = exists().where(StaffSalon.staff_user_id == account.id)
    return and_(~account.all_salons, placed, ~placed.where(~salons.allow(StaffSalon.company_id)))


def read_subject(subject: str | None) -> tuple[str, int | None]:
    """Returns the kind of thing that a line is about and its number, where it has one."""
    kind, _, number = (subject or "").partition(" ")
    return kind, _read_number(number)


def name_subjects(session: Session, events: Sequence[AuditEvent]) -> Names:
    """Returns what people call the things in these lines, by kind and number: a client, a receipt, an operation."""
    ids: dict[str, list[int]] = defaultdict(list)
    for event in events:
        kind, number = read_subject(event.subject)
        if number is not None and kind in _NAMES:
            ids[kind].append(number)
    names: Names = {}
    for kind, numbers in ids.items():
        for number, name in session.execute(_NAMES[kind](numbers)):
            names[kind, number] = ORDER_LABELS[OrderKind(name)] if kind == "order" else str(name)
    return names


_NAMES: dict[str, Any] = {
    "visit": lambda ids: select(
        Visit.id, func.concat_ws(" ", Visit.client_name, func.concat("№\u00a0", Visit.record_id))
    ).where(Visit.id.in_(ids)),
    "receipt": lambda ids: select(Receipt.id, Receipt.fiscal_number).where(
        Receipt.id.in_(ids), Receipt.fiscal_number.is_not(None)
    ),
    "order": lambda ids: select(CashboxOrder.id, CashboxOrder.kind).where(CashboxOrder.id.in_(ids)),
    "delivery": lambda ids: select(
        WebhookRecord.id, func.concat("№\u00a0", func.coalesce(WebhookRecord.resource_id, WebhookRecord.document_id))
    ).where(WebhookRecord.id.in_(ids)),
    "payment": lambda ids: select(PaymentRecord.id, func.concat("№\u00a0", PaymentRecord.operation_id)).where(
        PaymentRecord.id.in_(ids)
    ),
    "cashbox": lambda ids: select(Cashbox.id, func.coalesce(Cashbox.name, Cashbox.unique_number)).where(Cashbox.id.in_(ids)),
}
