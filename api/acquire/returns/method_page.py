"""Lets staff correct a wrong way of payment: choose the right one, read what will happen, confirm."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.forms import Form
from api.acquire.access.guards import RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.account.pin import list_approvers
from api.acquire.pages.returns import lead_to_order
from api.acquire.payment.form import SPLIT, FormErrors
from api.acquire.returns.method import correct_method, read_ways, refuse_uncorrectable
from api.acquire.show.rendering import render
from api.acquire.words.kinds import KIND_LABELS
from api.dependencies import SessionDep
from shared.fiscal.payment_types import read_paid
from shared.storage.models import Receipt

router = APIRouter(prefix="/receipts/{id}/method")

# What the first page asks for, and the second repeats; nothing personal is among it.
WAYS = ("method", "cash_received", "cash_received_split", *(f"amount_{kind}" for kind in KIND_LABELS))


@router.get("")
def show_choice(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows the ways of payment to choose from. Raises NotFound, Refused."""
    typed = _read_ways(request.query_params)
    return _show_choice(request, _get_sale(session, staff, id), typed, FormErrors())


@router.get("/confirm")
def show_confirmation(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Says what exactly will happen, for whoever confirms; or what is wrong with the choice. Raises NotFound, Refused."""
    typed = {**_read_ways(request.query_params), "form_key": str(uuid4()), "original_shown": "operator"}
    return _confirm(request, session, staff, _get_sale(session, staff, id), typed, FormErrors())


@router.post("/confirm")
def take_correction(request: Request, id: RowIdDep, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep) -> Response:
    """Orders the return and the new sale, and leads to where they are watched. Raises NotFound, Refused, Crowded."""
    ordered = correct_method(sessions, id, staff, form)
    if isinstance(ordered, FormErrors):
        with sessions() as session:
            return _confirm(request, session, staff, _get_sale(session, staff, id), form, ordered, status=422)
    return lead_to_order(request, ordered)


def _read_ways(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: asked[name][:40] for name in WAYS if name in asked}


def _get_sale(session: Session, staff: Staff, receipt_id: int) -> Receipt:
    """Raises NotFound, Refused."""
    sale = session.get(Receipt, receipt_id)
    if sale is None or not staff.salons.include(sale.company_id):
        raise NotFound
    refuse_uncorrectable(session, sale)
    return sale


def _confirm(
    request: Request, session: Session, staff: Staff, sale: Receipt, typed: Form, errors: FormErrors, *, status: int = 200
) -> Response:
    payment = read_ways(typed, sale)
    if isinstance(payment, FormErrors):
        return _show_choice(request, sale, typed, payment, status=status)
    return render(
        request,
        "method_confirm.html",
        status=status,
        sale=sale,
        was=_name(read_paid(sale.request)),
        will=_name(payment.parts),
        payment=payment,
        typed=typed,
        hidden=WAYS,
        errors=errors.by_field,
        approvers=list_approvers(session, staff.salons),
    )


def _show_choice(request: Request, sale: Receipt, typed: Form, errors: FormErrors, *, status: int = 200) -> Response:
    return render(
        request,
        "method.html",
        status=status,
        sale=sale,
        was=_name(read_paid(sale.request)),
        kinds=KIND_LABELS,
        split=SPLIT,
        typed=typed,
        errors=errors.by_field,
    )


def _name(parts: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return [(KIND_LABELS[kind], amount) for kind, amount in parts.items() if amount]
