"""Chooses the cashboxes that a member of staff may look at and use."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.salon.known import find_salons_of
from shared.storage.models import Cashbox


def list_cashboxes(session: Session, salons: Salons) -> Sequence[Cashbox]:
    """Returns the cashboxes in service whose money is all of these salons."""
    return [cashbox for cashbox in list_all_cashboxes(session, salons) if cashbox.enabled]


def list_all_cashboxes(session: Session, salons: Salons) -> Sequence[Cashbox]:
    """Returns the same with those of earlier years.

    One that several salons share has one drawer and one turnover: it is for those who belong to all of them.
    """
    cashboxes = session.scalars(select(Cashbox).order_by(Cashbox.id)).all()
    return [cashbox for cashbox in cashboxes if may_use(session, salons, cashbox)]


def limit_cashboxes(session: Session, salons: Salons, cashbox_id: Any) -> ColumnElement[bool]:
    """Returns the condition that a row is of one of these cashboxes, for the column that names it."""
    return true() if salons.are_all else cashbox_id.in_([cashbox.id for cashbox in list_all_cashboxes(session, salons)])


def may_use(session: Session, salons: Salons, cashbox: Cashbox) -> bool:
    """Says whether all money that goes through a cashbox is of these salons."""
    if salons.companies is None:
        return True
    served = find_salons_of(session, cashbox)
    return bool(served) and served <= salons.companies
