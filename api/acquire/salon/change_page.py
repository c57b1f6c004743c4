"""Shows one setting to be changed, and takes the change."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep
from api.acquire.cashbox.choice import may_use
from api.acquire.salon.change import BadSetting, Target, change, find_target, reset
from api.acquire.salon.change_form import CHOOSE, EXAMPLES, Shape, find_shape, list_words, read_typed
from api.acquire.salon.service_words import find_choice, say_setting, write_setting
from api.acquire.salon.settings_lines import list_salon_lines, list_service_lines, read_changes
from api.acquire.show.rendering import redirect, render
from api.acquire.words.text import Text
from api.dependencies import SessionDep
from shared.config import Settings
from shared.salon.choices import SETTING_OF
from shared.salon.live_settings import LiveSettings
from shared.storage.models import Cashbox

router = APIRouter(prefix="/settings")


def get_live(request: Request) -> LiveSettings:
    """Returns what keeps the settings of this process."""
    live: LiveSettings = request.app.state.live_settings
    return live


@router.get("/salons/{id}")
def show_salon(request: Request, id: RowIdDep, staff: ManagerDep, session: SessionDep, changed: str = "") -> Response:
    """Shows what holds for one cashbox, and where it comes from. Raises NotFound."""
    cashbox = session.get(Cashbox, id)
    if cashbox is None or not may_use(session, staff.salons, cashbox):
        raise NotFound
    lines = list_salon_lines(get_live(request).environment, read_changes(session, id), cashbox)
    return render(request, "settings/salon.html", cashbox=cashbox, lines=lines, changed=changed)


@router.get("/change")
def show_change(request: Request, staff: ManagerDep, session: SessionDep, name: str = "", cashbox: str = "") -> Response:
    """Shows the form of one setting, of the whole service or of one cashbox. Raises NotFound, Refused."""
    return _show(request, session, staff, _read_target({"name": name, "cashbox": cashbox}), None)


@router.post("/change")
def take_change(request: Request, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Stores a value or takes a change back; this process works by it at once, all others within seconds.

    Raises NotFound, Refused.
    """
    target, live = _read_target(form), get_live(request)
    typed = read_typed(target.name, form)
    try:
        if form.get("deed") == "reset":
            reset(sessions, live.environment, staff, target)
        else:
            change(sessions, live.environment, staff, target, typed)
    except BadSetting as problem:
        error = problem.text or EXAMPLES.get(target.name, CHOOSE)
        if find_shape(target.name) not in (Shape.MANY, Shape.PLACE):
            typed = form.get("value", "")
        with sessions() as session:
            return _show(request, session, staff, target, typed, error=error, status=422)
    request.app.state.settings = live.refresh()
    home = "/acquire/settings" if target.cashbox_id is None else f"/acquire/settings/salons/{target.cashbox_id}"
    return redirect(f"{home}?{urlencode({'changed': target.name})}#{target.name}")


def _read_target(form: Mapping[str, str]) -> Target:
    typed = form.get("cashbox", "")
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise NotFound
    return Target(form.get("name", ""), int(typed) if typed else None)


def _show(
    request: Request,
    session: Session,
    staff: Staff,
    target: Target,
    typed: str | None,
    *,
    error: Text | None = None,
    status: int = 200,
) -> Response:
    cashbox = find_target(session, staff, target)
    environment: Settings = get_live(request).environment
    changes = read_changes(session, target.cashbox_id)
    lines = list_salon_lines(environment, changes, cashbox) if cashbox else list_service_lines(environment, changes)
    line = next(line for line in lines if line.name == target.name)
    default = getattr(environment, SETTING_OF.get(target.name, target.name))
    return render(
        request,
        "settings/change.html",
        status=status,
        cashbox=cashbox,
        line=line,
        choice=find_choice(target.name),
        shape=find_shape(target.name),
        words=list_words(target.name),
        example=EXAMPLES.get(target.name),
        default=None if cashbox else say_setting(target.name, default),
        typed=write_setting(line.value) if typed is None else typed,
        error=error,
    )
