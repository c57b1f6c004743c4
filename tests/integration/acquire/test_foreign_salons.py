"""Staff of one salon neither see nor change anything of another, on every route there is."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text

from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import list_cashboxes
from shared.storage.models import Base, Cashbox, StaffSalon
from tests.integration.acquire.test_forms_and_roles import list_routes
from tests.integration.acquire.test_signing_in import users
from tests.support.desk import COMPANY, PASSWORD, Browser, Desk
from tests.support.salons import SalonRows, open_salon

FOREIGN = 990077
# What the `{id}` of a route is; a route of another kind has to be added here before this file passes.
IDS = {
    "/acquire/visits/{id}": "visit_id",
    "/acquire/visits/{id}/progress": "visit_id",
    "/acquire/visits/{id}/state": "visit_id",
    "/acquire/success/{id}": "receipt_id",
    "/acquire/receipts/{id}": "receipt_id",
    "/acquire/receipts/{id}/return": "receipt_id",
    "/acquire/receipts/{id}/method": "receipt_id",
    "/acquire/receipts/{id}/method/confirm": "receipt_id",
    "/acquire/receipts/{id}/send": "receipt_id",
    "/acquire/receipts/hand-backs/{id}/tick": "hand_back_id",
    "/acquire/receipts/{id}/print": "receipt_id",
    "/acquire/receipts/{id}/print/state": "receipt_id",
    "/acquire/returns/{id}": "return_order_id",
    "/acquire/returns/{id}/state": "return_order_id",
    "/acquire/attention/{id}/retry": "delivery_id",
    "/acquire/shifts/{id}": "shift_id",
    "/acquire/orders/{id}": "cash_order_id",
    "/acquire/orders/{id}/state": "report_order_id",
    "/acquire/orders/{id}/report": "report_order_id",
    "/acquire/drawer/offers/{id}/book": "offer_id",
    "/acquire/drawer/offers/{id}/dismiss": "offer_id",
    "/acquire/cashboxes/{id}/probe": "cashbox_id",
    "/acquire/shift/{id}/close": "cashbox_id",
    "/acquire/shift/counts/{id}": "count_id",
    "/acquire/shift/counts/{id}/close": "count_id",
}
# Routes that name no row in the path: what a curious person would add to the address.
QUERIES = {
    "/acquire": "day={day}&state=all",
    "/acquire/states": "ids={visit_id}",
    "/acquire/tasks": "page=1",
    "/acquire/tasks/retry": "code=9",
    "/acquire/receipts": "period=all",
    "/acquire/receipts/file.{extension}": "period=all",
    "/acquire/shifts": "before=999999999",
    "/acquire/shift": "done={cash_order_id}",
    "/acquire/drawer": "",
    "/acquire/day": "day={day}",
    "/acquire/books": "day={day}&cashbox={cashbox_id}",
    "/acquire/books/file.{extension}": "day={day}&cashbox={cashbox_id}",
    "/acquire/settings": "",
    "/acquire/settings/goods.csv": "company={company_id}",
    "/acquire/audit": "before=999999999",
    "/acquire/audit.csv": "",
}
# What is nobody's row: an account's own pages, and those before sign-in. News are walked in test_live.py.
OWN = {
    "/acquire/live/news",
    "/acquire/attention",
    *("/acquire/login", "/acquire/logout", "/acquire/language", "/acquire/{rest:path}"),
    *(
        "/acquire/account",
        "/acquire/account/password",
        "/acquire/account/sessions/{id}/end",
        "/acquire/account/sessions/end",
        "/acquire/account/pin",
        *(f"/acquire/account/second-factor{rest}" for rest in ("", "/confirm", "/remove")),
    ),
}
POSTED = {
    "/acquire",
    "/acquire/receipts",
    "/acquire/drawer",
    "/acquire/shift/x",
    "/acquire/tasks/note",
    "/acquire/tasks/retry",
    "/acquire/settings/goods",
}
PAYMENT = {"method": "card", "form_key": "0d1b2a0e-0000-4000-8000-000000000001", "reason": "x", "count_0": "1"}


@pytest.fixture
def foreign(desk: Desk) -> SalonRows:
    open_salon(desk, COMPANY, 3, "Своя")
    return open_salon(desk, FOREIGN, 7, "Тюльпан")


@pytest.fixture
def narrow_manager(desk: Desk) -> Browser:
    """Of our salon alone."""
    desk.add_user("saule", role="manager", salons=[COMPANY])
    return desk.sign_in("saule")


@pytest.fixture
def narrow_cashier(desk: Desk) -> Browser:
    desk.add_user("zarina", salons=[COMPANY])
    return desk.sign_in("zarina")


def say_all(desk: Desk) -> dict[str, list[Any]]:
    """Every row of every table but those of sessions and the trail, which somebody's mere visit changes."""
    tables = [table.name for table in Base.metadata.sorted_tables if table.name not in ("staff_sessions", "audit_events")]
    with desk.sessions() as session:
        return {name: list(map(tuple, session.execute(text(f"SELECT * FROM {name} ORDER BY id")))) for name in tables}


def address_of(path: str, rows: SalonRows) -> str:
    number = str(getattr(rows, IDS[path])) if path in IDS else "0"
    query = QUERIES.get(path, "").format(day="", **{name: getattr(rows, name) for name in rows.__dataclass_fields__})
    return path.replace("{id}", number).replace("{extension}", "csv") + (f"?{query}" if query else "")


def find_words(answer: Any, rows: SalonRows) -> list[str]:
    said = answer.text.replace("\u202f", "\u00a0")
    return [word for word in rows.words if word in said and word not in str(answer.request.url)]


def test_every_route_is_walked() -> None:
    known = {*IDS, *QUERIES, *OWN, *POSTED}
    assert {*list_routes("GET"), *list_routes("POST")} == known, "say of a new route what a foreign salon's row would be"


def test_the_salons_own_manager_is_shown_it(desk: Desk, foreign: SalonRows) -> None:
    """Without this the walk could pass over empty pages."""
    desk.add_user("owner", role="manager", salons=[FOREIGN])
    owner = desk.sign_in("owner")
    for path in sorted({*IDS, *QUERIES} & set(list_routes("GET"))):
        answer = owner.get(address_of(path, foreign))
        assert answer.status_code in (200, 303), path
        if answer.status_code == 200 and not path.endswith(("/state", "/states", "/progress")):
            assert find_words(answer, foreign), path


@pytest.mark.parametrize("role", ["narrow_manager", "narrow_cashier"])
def test_no_page_shows_a_foreign_salons_row(
    desk: Desk, foreign: SalonRows, request: pytest.FixtureRequest, role: str
) -> None:
    browser: Browser = request.getfixturevalue(role)
    before = say_all(desk)
    for path in sorted(set(list_routes("GET")) - OWN):
        answer = browser.get(address_of(path, foreign))
        if path in IDS:
            assert answer.status_code in (403, 404), path
        assert answer.status_code in (200, 403, 404), path
        assert find_words(answer, foreign) == [], path
        if path.endswith("/states"):
            assert answer.json() == {}
        assert say_all(desk) == before, path


@pytest.mark.parametrize("role", ["narrow_manager", "narrow_cashier"])
def test_no_form_changes_a_foreign_salons_row(
    desk: Desk, foreign: SalonRows, request: pytest.FixtureRequest, role: str
) -> None:
    browser: Browser = request.getfixturevalue(role)
    before = say_all(desk)
    for path in sorted((set(list_routes("POST")) - OWN) & set(IDS)):
        answer = browser.submit(address_of(path, foreign), PAYMENT)
        assert answer.status_code in (403, 404), path
        assert find_words(answer, foreign) == [], path
        assert say_all(desk) == before, path


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/acquire", {"q": "Тюльпан"}, 303),
        ("/acquire", {"q": "0142"}, 303),
        ("/acquire/drawer", {"kind": "withdrawal", "amount": "5", "cashbox": "{cashbox_id}"}, 422),
        ("/acquire/shift/x", {"kind": "x_report", "cashbox": "{cashbox_id}"}, 409),
        ("/acquire/settings/goods", {"company": "{company_id}"}, 404),
    ],
)
def test_no_form_that_names_a_foreign_row_reaches_it(
    desk: Desk, foreign: SalonRows, narrow_manager: Browser, path: str, fields: Mapping[str, str], status: int
) -> None:
    before = say_all(desk)
    values = {name: value.format(**vars_of(foreign)) for name, value in fields.items()}
    answer = narrow_manager.submit(path, {**PAYMENT, **values})
    assert answer.status_code == status
    if status == 303:
        answer = narrow_manager.get(answer.headers["location"])
    assert [word for word in find_words(answer, foreign) if word not in values.values()] == []
    assert say_all(desk) == before


def vars_of(rows: SalonRows) -> dict[str, Any]:
    return {name: getattr(rows, name) for name in rows.__dataclass_fields__}


def test_a_register_that_salons_share_is_for_those_who_belong_to_all_of_them(desk: Desk) -> None:
    """One drawer, one turnover: whoever saw it would see the other salon's."""
    desk.add_receipt(desk.add_visit(state="processed"))
    desk.add_visit(company_id=FOREIGN)
    with desk.sessions() as session:
        seen = {
            salons: [cashbox.id for cashbox in list_cashboxes(session, Salons(salons))]
            for salons in (None, frozenset({COMPANY}), frozenset({COMPANY, FOREIGN}), frozenset[int]())
        }
    assert seen == {None: [1], frozenset({COMPANY}): [], frozenset({COMPANY, FOREIGN}): [1], frozenset(): []}
    with desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00000002", company_id=FOREIGN))
    with desk.sessions() as session:
        assert [cashbox.id for cashbox in list_cashboxes(session, Salons(frozenset({COMPANY})))] == [1]


def test_salons_are_narrowed_at_once(desk: Desk, foreign: SalonRows, manager: Browser) -> None:
    assert manager.get(f"/acquire/visits/{foreign.visit_id}").status_code == 200
    desk.execute("UPDATE staff_users SET all_salons = false")
    assert manager.get(f"/acquire/visits/{foreign.visit_id}").status_code == 404


def test_the_command_line_places_people(desk: Desk) -> None:
    def run(*arguments: str, password: str | None = None) -> tuple[int, str]:
        done = users(desk, *arguments, password=password)
        return done.returncode, done.stdout

    assert run("add", "dana", "--role", "manager", password=PASSWORD) == (0, "added dana (manager)\n")
    assert run("add", "aigul", "--company", "412077,5", "--company", "7", password=PASSWORD) == (
        0,
        "added aigul (cashier)\n",
    )
    assert run("add", "botan", "--company", "x", password=PASSWORD)[0] == 1
    assert run("list") == (0, "aigul\tcashier\tactive\tsalon 5, 7, 412077\ndana\tmanager\tactive\n")
    assert run("salons", "dana") == (0, "dana belongs to all salons\n")
    browser = desk.sign_in("dana")
    assert run("salons", "dana", "--company", "7") == (0, "dana belongs to salon 7\n")
    assert browser.get("/acquire").status_code == 303, "signed out"
    assert run("salons", "dana", "--company", "all") == (0, "dana belongs to all salons\n")
    assert desk.all(StaffSalon)[-1].staff_user_id == 2
    open_salon(desk, 1, 1, "Первая")
    open_salon(desk, 2, 2, "Вторая")
    added = users(desk, "add", "omar", password=PASSWORD)
    assert (added.returncode, added.stdout) == (0, "added omar (cashier)\n")
    assert "omar belongs to all salons" in added.stderr


@pytest.mark.parametrize(("salons", "seen"), [(None, {"dana", "aigul", "omar"}), ([COMPANY], {"aigul", "dana"})])
def test_the_trail_tells_of_ones_own_salons(desk: Desk, salons: list[int] | None, seen: set[str]) -> None:
    desk.add_user("dana", role="manager", salons=salons)
    desk.add_user("aigul", salons=[COMPANY])
    desk.add_user("omar", salons=[COMPANY, FOREIGN])
    page = [desk.sign_in(login) for login in ("aigul", "omar", "dana")][-1].page("/acquire/audit")
    assert {login for login in ("dana", "aigul", "omar") if f"<td>{login}<" in page} == seen
