"""Shows the five steps of the set-up, and asks workers for their tests."""

from uuid import uuid4

from fastapi import APIRouter, Request, Response
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import exists, func, select

from api.acquire.access import audit
from api.acquire.access.auth import Staff
from api.acquire.access.guards import ManagerDep, ManagerFormDep, SessionsDep
from api.acquire.cashbox.orders import order_check
from api.acquire.pages.orders import publish_order
from api.acquire.setup.steps import TRIAL_LASTS, find_steps
from api.acquire.show.rendering import redirect, render
from api.acquire.words.text import Refused, Text
from api.dependencies import SessionDep, SettingsDep
from shared.logging import get_logger
from shared.queue import TRY_OUT, publish_task
from shared.salon.default_cashbox import ensure_default_cashbox
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Trial
from shared.storage.models.service.trial import TrialKind, TrialState

log = get_logger(__name__)
router = APIRouter(prefix="/setup")

HOME = "/acquire/setup"


@router.get("")
def show_setup(request: Request, staff: ManagerDep, session: SessionDep, settings: SettingsDep) -> Response:
    """Shows how far the set-up of the manager's salons is."""
    steps = find_steps(session, settings, staff, str(request.base_url))
    return render(request, "setup/steps.html", steps=steps, key=uuid4(), shop_id=settings.webkassa_shop_id)


@router.post("/register")
def check_first_register(
    request: Request, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Has the register of the environment tested before its first receipt. Raises Refused."""
    _demand_all_salons(staff)
    with sessions.begin() as session:
        ensure_default_cashbox(session, settings)
        cashbox_id = session.scalar(select(Cashbox.id).where(Cashbox.unique_number == settings.webkassa_shop_id))
    if cashbox_id is None:
        raise Refused(Text("The service has no register yet: its administrator gives it one."))
    ordered = order_check(sessions, staff, cashbox_id, form)
    if ordered.is_new:
        publish_order(request, ordered.order_id)
    return redirect(HOME)


@router.post("/trials")
def order_trial(request: Request, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Has a worker send a test message to those who get alerts, or try Altegio's tokens. Raises Refused."""
    _demand_all_salons(staff)
    kind = form.get("kind", "")
    if kind not in list(TrialKind):
        raise Refused(Text("The page is out of date. Open it again."))
    trial_id = _store(sessions, staff, TrialKind(kind))
    if trial_id is not None:
        try:
            publish_task(request.app.state.producer, TRY_OUT, [trial_id])
        except (BrokerDown, RedisError, OSError) as error:
            log.warning("broker is away, the trial has to be asked for again", error=type(error).__name__)
    return redirect(f"{HOME}#{kind}")


def _store(sessions: SessionFactory, staff: Staff, kind: TrialKind) -> int | None:
    """None where one is under way: whoever presses twice gets one message."""
    is_open = Trial.state == TrialState.REQUESTED, Trial.created_at > func.now() - TRIAL_LASTS
    with sessions.begin() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"trial {kind}", 0))))
        if session.scalar(select(exists().where(Trial.kind == kind, *is_open))):
            return None
        trial = Trial(kind=kind, staff_user_id=staff.id)
        session.add(trial)
        session.flush()
        audit.record(session, staff.doer, f"{kind}_tried")
        return trial.id


def _demand_all_salons(staff: Staff) -> None:
    if not staff.salons.are_all:
        raise Refused(Text("This holds for all salons: a manager of all salons does it."))
