"""Shows and takes a sale without a visit: somebody who walked in, goods over the counter."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound
from api.acquire.access.forms import Form
from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.access.salons import Salons
from api.acquire.payment.form import SPLIT, FormErrors
from api.acquire.sale.basket import Basket, Row, add_offer, make_basket, read_basket, write_fields, write_row
from api.acquire.sale.correct import cancel_sale, correct_sale
from api.acquire.sale.offers import list_offers, list_selling_salons
from api.acquire.sale.state import SaleRow, find_sale, list_latest, show_sale_progress
from api.acquire.sale.take import Sold, Unsold, take_sale
from api.acquire.show.rendering import redirect, render
from api.acquire.show.waiting import show_waiting, tell_state
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from api.dependencies import RequestIdDep, SessionDep
from shared.salon.desk_sales import read_line
from shared.storage.db import SessionFactory

router = APIRouter(prefix="/sale")

FRAGMENT = "X-Fragment"


@dataclass(frozen=True, slots=True)
class _Place:
    """Says where something is sold: in which salon of which, by their names; `sale` where one is corrected."""

    companies: dict[int, str]
    company_id: int | None
    sale: SaleRow | None = None

    @property
    def address(self) -> str:
        return f"/acquire/sale/{self.sale.id}" if self.sale else "/acquire/sale"


@router.get("")
def show_sale(request: Request, staff: StaffDep, session: SessionDep, company: str = "") -> Response:
    """Shows what the salon sells and the form that sells it; lines that the address names are in it already."""
    place = _find_place(request, session, staff.salons, company)
    basket = read_basket(request.query_params)
    return _show(request, session, place, basket, {"form_key": str(uuid4())}, FormErrors())


@router.post("")
def sell(request: Request, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep, request_id: RequestIdDep) -> Response:
    """Stores the sale, has its receipt made, and leads to where that is watched. Raises NotFound."""
    with sessions() as session:
        place = _find_place(request, session, staff.salons, form.get("company", ""))
    if place.company_id is None:
        raise NotFound
    return _finish(
        request, sessions, place, take_sale(sessions, staff, place.company_id, form, request_id), form, request_id
    )


@router.post("/lines")
def change_lines(request: Request, staff: StaffDep, form: StaffFormDep, session: SessionDep) -> Response:
    """Adds a line that was chosen, or adds up what was typed; by an address, so that Back and a reload do no harm.

    Raises NotFound.
    """
    sale_id = form.get("sale", "")
    is_number = sale_id.isascii() and sale_id.isdigit() and len(sale_id) < 19
    sale = _get_sale(session, staff.salons, int(sale_id)) if is_number else None
    place = _find_place(request, session, staff.salons, form.get("company", ""), sale)
    rows = _change_rows(session, place, form)
    if request.headers.get(FRAGMENT):
        return _show(request, session, place, make_basket(rows), form, FormErrors())
    company = {"company": str(place.company_id)} if len(place.companies) > 1 else {}
    return redirect(f"{place.address}?{urlencode({**company, **write_fields(rows)})}")


@router.get("/{id}")
def show_refused(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows a sale whose receipt was refused, to be corrected; any other one leads to where it is watched."""
    sale = _get_sale(session, staff.salons, id)
    if not sale.is_correctable:
        return redirect(f"/acquire/sale/{id}/progress")
    typed = read_basket(request.query_params)
    basket = typed if typed.rows else make_basket([write_row(read_line(line)) for line in sale.lines])
    place = _find_place(request, session, staff.salons, str(sale.company_id), sale)
    return _show(request, session, place, basket, {"form_key": str(uuid4())}, FormErrors())


@router.post("/{id}")
def correct(
    request: Request, id: RowIdDep, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep, request_id: RequestIdDep
) -> Response:
    """Writes a refused sale anew and has its receipt tried once more. Raises NotFound, Refused."""
    with sessions() as session:
        sale = _get_sale(session, staff.salons, id)
        place = _find_place(request, session, staff.salons, str(sale.company_id), sale)
    return _finish(request, sessions, place, correct_sale(sessions, staff, id, form), form, request_id)


@router.post("/{id}/cancel")
def cancel(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Takes back a sale whose receipt was refused. Raises NotFound, Refused."""
    cancel_sale(sessions, staff, id)
    return redirect(f"/acquire/sale/{id}/progress")


@router.get("/{id}/progress")
def watch_sale(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows how the receipt is doing, or leads to it once it is issued."""
    sale = _get_sale(session, staff.salons, id)
    return show_waiting(
        request,
        show_sale_progress(sale),
        state=f"/acquire/sale/{id}/state",
        delivery_id=sale.delivery_id,
        back=f"/acquire/sale/{id}" if sale.is_correctable else "/acquire/sale",
        back_label=Text("Correct the sale") if sale.is_correctable else Text("New sale"),
    )


@router.get("/{id}/state")
def show_state(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> JSONResponse:
    """Answers the same as JSON, for the page that waits."""
    return tell_state(request, show_sale_progress(_get_sale(session, staff.salons, id)))


def _find_place(request: Request, session: Session, salons: Salons, typed: str, sale: SaleRow | None = None) -> _Place:
    """The salon that was chosen, else the only one or the first. Raises NotFound for one of which somebody is not."""
    if sale is not None:
        return _Place({sale.company_id: ""}, sale.company_id, sale)
    companies = list_selling_salons(session, request.app.state.settings, salons)
    if not typed:
        return _Place(companies, next(iter(companies), None))
    chosen = next((company for company in companies if str(company) == typed), None)
    if chosen is None:
        raise NotFound
    return _Place(companies, chosen)


def _change_rows(session: Session, place: _Place, form: Form) -> list[Row]:
    rows = read_basket(form).rows
    if "remove" in form:
        return [row for number, row in enumerate(rows) if str(number) != form["remove"]]
    if "add" not in form or place.company_id is None:
        return rows
    offer = next((one for one in list_offers(session, place.company_id) if one.key == form["add"]), None)
    return add_offer(rows, offer) if offer else rows


def _finish(
    request: Request, sessions: SessionFactory, place: _Place, made: Sold | Unsold, form: Form, request_id: str
) -> Response:
    if isinstance(made, Unsold):
        with sessions() as session:
            return _show(request, session, place, made.basket, form, made.errors, status=422)
    if made.delivery_id is not None:
        request.app.state.publisher.publish([(made.delivery_id, request_id)])
    return redirect(f"/acquire/sale/{made.sale_id}/progress")


def _show(
    request: Request,
    session: Session,
    place: _Place,
    basket: Basket,
    typed: Form,
    errors: FormErrors,
    status: int = 200,
) -> Response:
    company_id = place.company_id
    return render(
        request,
        "sale.html",
        status=status,
        place=place,
        offers=list_offers(session, company_id) if company_id is not None else [],
        latest=list_latest(session, company_id) if company_id is not None and place.sale is None else [],
        progress=show_sale_progress(place.sale) if place.sale else None,
        basket=basket,
        kinds=KIND_LABELS,
        split=SPLIT,
        typed=typed,
        errors=errors.by_field or basket.errors.by_field,
    )


def _get_sale(session: Session, salons: Salons, sale_id: int) -> SaleRow:
    sale = find_sale(session, salons, sale_id)
    if sale is None:
        raise NotFound
    return sale
