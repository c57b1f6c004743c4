"""Changes a setting for the whole service or for one cashbox, and takes the change back; both are in the trail."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.cashbox.choice import may_use
from api.acquire.salon.known import find_company
from api.acquire.salon.service_words import write_setting
from api.acquire.salon.settings_lines import apply, read_changes
from api.acquire.words.text import Refused, Text
from shared.config import Settings
from shared.salon.changeable import CHANGEABLE, OF_SALON, list_needs, read_setting
from shared.salon.choices import SETTING_OF, check_choice
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, ChangedSetting, WorkerSign

# A worker gives a sign every five seconds.
_ALIVE = timedelta(minutes=1)
_NEEDED = {
    "altegio": Text("Altegio's tokens"),
    "email": Text("a mail server"),
    "sms": Text("an SMS service"),
    "webhook": Text("the address of the other system"),
}


class BadSetting(Exception):
    """Raised where a value does not fit; `text` says why, None where the words of the setting say it."""

    def __init__(self, text: Text | None = None) -> None:
        super().__init__(text.msgid if text else "")
        self.text = text


@dataclass(frozen=True, slots=True)
class Target:
    """Names a setting, of the whole service or of one cashbox."""

    name: str
    cashbox_id: int | None


def find_target(session: Session, staff: Staff, target: Target) -> Cashbox | None:
    """Returns the cashbox of a setting that somebody may change, None for the whole service. Raises NotFound, Refused."""
    if target.cashbox_id is None:
        if target.name not in CHANGEABLE:
            raise NotFound
        if not staff.salons.are_all:
            raise Refused(Text("This holds for all salons: a manager of all salons changes it."))
        return None
    cashbox = session.get(Cashbox, target.cashbox_id)
    if cashbox is None or target.name not in OF_SALON or not may_use(session, staff.salons, cashbox):
        raise NotFound
    return cashbox


def change(sessions: SessionFactory, environment: Settings, staff: Staff, target: Target, typed: str) -> None:
    """Stores a value. Raises NotFound, Refused, BadSetting."""
    with sessions.begin() as session:
        cashbox = find_target(session, staff, target)
        text = _read(session, environment, target, typed)
        before = _find_value(session, environment, target, cashbox)
        if cashbox is not None:
            setattr(cashbox, target.name, text)
        _note(session, staff, target, text)
        _record(session, staff, target, cashbox, "setting_changed", before, text)


def reset(sessions: SessionFactory, environment: Settings, staff: Staff, target: Target) -> None:
    """Lets the default hold again: the environment's, for a cashbox that of the whole service. Raises NotFound, Refused."""
    with sessions.begin() as session:
        cashbox = find_target(session, staff, target)
        before = _find_value(session, environment, target, cashbox)
        if cashbox is not None:
            setattr(cashbox, target.name, None)
        session.execute(delete(ChangedSetting).where(*_is(target)))
        session.flush()
        after = _find_value(session, environment, target, cashbox)
        _record(session, staff, target, cashbox, "setting_reset", before, after)


def _read(session: Session, environment: Settings, target: Target, typed: str) -> str:
    try:
        text = check_choice(target.name, typed)
        if target.cashbox_id is not None and not text:
            raise ValueError("nothing was typed")
        read_setting(environment, target.name, text)
        needed = set(list_needs(target.name, text))
    except ValueError:
        raise BadSetting from None
    able = session.scalars(select(func.unnest(WorkerSign.able_to)).where(WorkerSign.seen_at > func.now() - _ALIVE))
    lacking = sorted(needed - set(able))
    if lacking:
        what = _NEEDED[lacking[0]]
        raise BadSetting(
            Text("The service has not been given this yet: %(what)s. Ask the service's administrator.", what=what)
        )
    return text


def _find_value(session: Session, environment: Settings, target: Target, cashbox: Cashbox | None) -> str:
    own = getattr(cashbox, target.name) if cashbox is not None else None
    settings = apply(environment, read_changes(session))
    return write_setting(own if own is not None else getattr(settings, SETTING_OF.get(target.name, target.name)))


def _note(session: Session, staff: Staff, target: Target, text: str) -> None:
    """Of two who change it at once the last one wins; the trail has both."""
    values = {"value": text, "staff_user_id": staff.id, "changed_at": func.now()}
    noted = insert(ChangedSetting).values(name=target.name, cashbox_id=target.cashbox_id, **values)
    if target.cashbox_id is None:
        known: dict[str, Any] = {"index_elements": [ChangedSetting.name], "index_where": ChangedSetting.cashbox_id.is_(None)}
    else:
        known = {"index_elements": [ChangedSetting.cashbox_id, ChangedSetting.name]}
    session.execute(noted.on_conflict_do_update(**known, set_=values))


def _is(target: Target) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ChangedSetting.name == target.name, ChangedSetting.cashbox_id.is_not_distinct_from(target.cashbox_id)


def _record(
    session: Session, staff: Staff, target: Target, cashbox: Cashbox | None, action: str, before: str, after: str
) -> None:
    company_id = find_company(session, cashbox) if cashbox is not None else None
    where = {"cashbox": cashbox.unique_number} if cashbox is not None else {}
    subject = f"setting {target.name}"
    audit.record(session, staff.doer, action, subject, company_id=company_id, before=before, after=after, **where)
