"""Shows managers how the service is set up: choices and what follows from them, accounts, codes of goods, cashboxes."""

from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound
from api.acquire.access.guards import ManagerDep, ManagerUploadDep, SessionsDep
from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import list_all_cashboxes
from api.acquire.salon.change_page import get_live
from api.acquire.salon.choices import USE_LABELS, describe_choice, describe_own_choices
from api.acquire.salon.goods import describe_goods, explain_faults, take_over_codes
from api.acquire.salon.settings_lines import list_service_lines, read_changes
from api.acquire.show.rendering import redirect, render
from api.acquire.words.text import Text
from api.dependencies import SessionDep, SettingsDep
from shared.config import Settings
from shared.fiscal.goods_codes import BadFile, write_codes
from shared.salon.accounts import list_seen_accounts
from shared.salon.changeable import OF_ADMINISTRATOR
from shared.salon.goods import DAYS, count_coded, list_codes

router = APIRouter(prefix="/settings")


@router.get("")
def show_settings(
    request: Request,
    staff: ManagerDep,
    session: SessionDep,
    settings: SettingsDep,
    kept: str = "",
    removed: str = "",
    changed: str = "",
) -> Response:
    """Shows the settings; `kept` and `removed` say what became of a file of codes, `changed` names a setting."""
    done = (kept, removed) if _is_number(kept) and _is_number(removed) else None
    return _show(request, session, settings, staff.salons, done=done, changed=changed)


@router.get("/goods.csv")
def download_codes(staff: ManagerDep, session: SessionDep, company: str = "") -> Response:
    """Sends the codes of a salon's goods, and those without one, as a file to be filled in. Raises NotFound."""
    company_id = _read_company(session, staff.salons, company)
    headers = {"Content-Disposition": f'attachment; filename="goods-{company_id}.csv"', "Cache-Control": "no-store"}
    return Response(write_codes(list_codes(session, company_id)), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/goods")
def upload_codes(
    request: Request, staff: ManagerDep, upload: ManagerUploadDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Takes a file of codes over, all of it or nothing. Raises NotFound."""
    with sessions() as session:
        company_id = _read_company(session, staff.salons, upload.fields.get("company", ""))
    try:
        kept, removed = take_over_codes(sessions, staff, company_id, upload.content)
    except BadFile as problem:
        with sessions() as session:
            faults = explain_faults(problem)
            return _show(request, session, settings, staff.salons, faults=faults, faulty=company_id, status=422)
    return redirect(f"/acquire/settings?{urlencode({'kept': kept, 'removed': removed})}#goods")


def _show(
    request: Request,
    session: Session,
    settings: Settings,
    salons: Salons,
    *,
    done: tuple[str, str] | None = None,
    faults: Sequence[Text] = (),
    faulty: int | None = None,
    changed: str = "",
    status: int = 200,
) -> Response:
    cashboxes = list_all_cashboxes(session, salons)
    return render(
        request,
        "settings.html",
        status=status,
        lines=list_service_lines(get_live(request).environment, read_changes(session)),
        fixed=[describe_choice(settings, None, name) for name in OF_ADMINISTRATOR],
        changed=changed,
        cashboxes=[(cashbox, describe_own_choices(cashbox)) for cashbox in cashboxes],
        accounts=[seen for seen in list_seen_accounts(session, settings) if salons.include(seen.company_id)],
        uses=USE_LABELS,
        goods=describe_goods(session, salons),
        days=DAYS,
        done=done,
        faults=faults,
        faulty=faulty,
        service=_describe_service(settings, salons),
    )


def _describe_service(settings: Settings, salons: Salons) -> list[tuple[Text, str]]:
    default = [(Text("Default cashbox"), settings.webkassa_shop_id or "—")] if salons.are_all else []
    return [(Text("Webkassa"), settings.webkassa_api_url), *default]


def _read_company(session: Session, salons: Salons, typed: str) -> int:
    """A salon whose goods are known here."""
    known = {share.company_id for share in count_coded(session) if salons.include(share.company_id)}
    if not _is_number(typed) or int(typed) not in known:
        raise NotFound
    return int(typed)


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 19
