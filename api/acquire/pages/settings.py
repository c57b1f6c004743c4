"""Shows managers how the service is set up: what was chosen and what follows from it, accounts, cashboxes."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from api.acquire.access.guards import ManagerDep
from api.acquire.salon.choices import USE_LABELS, describe_choices, describe_own_choices
from api.acquire.show.rendering import render
from api.acquire.words.text import Text
from api.dependencies import SessionDep, SettingsDep
from shared.config import Settings
from shared.salon.accounts import list_seen_accounts
from shared.storage.models import Cashbox

router = APIRouter(prefix="/settings")


def _describe_service(settings: Settings) -> list[tuple[Text, str]]:
    return [
        (Text("Webkassa"), settings.webkassa_api_url),
        (Text("Default cashbox"), settings.webkassa_shop_id or "—"),
        (Text("The shift is closed at"), settings.shift_close_at),
    ]


@router.get("")
def show_settings(request: Request, _: ManagerDep, session: SessionDep, settings: SettingsDep) -> Response:
    """Shows the settings that decide about receipts, and what was seen of accounts; no secret among them."""
    cashboxes = session.scalars(select(Cashbox).order_by(Cashbox.id)).all()
    return render(
        request,
        "settings.html",
        service=_describe_service(settings),
        choices=describe_choices(settings),
        cashboxes=[(cashbox, describe_own_choices(cashbox)) for cashbox in cashboxes],
        accounts=list_seen_accounts(session, settings),
        uses=USE_LABELS,
    )
