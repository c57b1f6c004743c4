"""Reads the settings that managers may change: what holds, and where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.acquire.salon.choices import Chosen
from api.acquire.salon.service_words import say_setting
from shared.config import Settings
from shared.salon.changeable import CHANGEABLE, OF_SALON, overlay
from shared.salon.choices import SETTING_OF
from shared.storage.models import Cashbox, ChangedSetting, StaffUser


@dataclass(frozen=True, slots=True)
class Change:
    """Says who has changed a setting, when, and to what."""

    value: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """Describes a setting: what holds, and who has put it so. `is_own`: not what would hold without a change here."""

    name: str
    chosen: Chosen
    value: object
    is_own: bool
    change: Change | None


Changes = Mapping[tuple[int | None, str], Change]


def read_changes(session: Session, cashbox_id: int | None = None) -> Changes:
    """Returns what was changed for the whole service, and for one cashbox."""
    columns = (ChangedSetting.cashbox_id, ChangedSetting.name, ChangedSetting.value, ChangedSetting.changed_at)
    query = select(*columns, StaffUser.shown_name.label("by")).outerjoin(
        StaffUser, StaffUser.id == ChangedSetting.staff_user_id
    )
    is_near = or_(ChangedSetting.cashbox_id.is_(None), ChangedSetting.cashbox_id == cashbox_id)
    rows = session.execute(query.where(is_near))
    return {(row.cashbox_id, row.name): Change(row.value, row.by, row.changed_at) for row in rows}


def apply(environment: Settings, changes: Changes) -> Settings:
    """Returns the settings of the whole service that hold with these changes."""
    return overlay(environment, {name: change.value for (cashbox_id, name), change in changes.items() if cashbox_id is None})


def list_service_lines(environment: Settings, changes: Changes) -> Sequence[Line]:
    """Returns the settings of the whole service, in the order of the page."""
    settings = apply(environment, changes)
    return [_describe(settings, name, changes.get((None, name))) for name in CHANGEABLE]


def _describe(settings: Settings, name: str, change: Change | None) -> Line:
    value = getattr(settings, SETTING_OF.get(name, name))
    return Line(name, say_setting(name, value), value, change is not None, change)


def list_salon_lines(environment: Settings, changes: Changes, cashbox: Cashbox) -> Sequence[Line]:
    """Returns the choices that hold for one cashbox."""
    settings = apply(environment, changes)
    return [_describe_own(settings, name, changes, cashbox) for name in OF_SALON]


def _describe_own(settings: Settings, name: str, changes: Changes, cashbox: Cashbox) -> Line:
    own = getattr(cashbox, name)
    value = getattr(settings, SETTING_OF.get(name, name)) if own is None else own
    change = changes.get((cashbox.id, name))
    # A command may have changed the column since.
    return Line(name, say_setting(name, value), value, own is not None, change if change and change.value == own else None)
