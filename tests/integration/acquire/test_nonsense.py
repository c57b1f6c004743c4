"""Whatever is sent, the page answers in words: no form, address, method or cookie makes it stumble or charge."""

from urllib.parse import quote
from uuid import uuid4

import pytest

from shared.storage.models import Checkout, ReturnOrder
from tests.integration.acquire.test_forms_and_roles import fill, list_routes
from tests.support.desk import Browser, Desk
from tests.support.effort import IS_THOROUGH

NONSENSE = [
    "\x00x",
    "\xed\xa0\x80",
    "9" * 400,
    "-1",
    "NaN",
    "1e999",
    "0,0000001",
    "٣½",
    "💥" * 50,
    "' OR 1=1 --",
    "x" * 3000,
    "../../etc/passwd",
    "\r\nSet-Cookie: a=b",
]
TYPED = (
    *("login", "password", "next", "language", "q", "day", "state", "after", "visit", "form_key", "method", "reason"),
    *("cash_received", "cash_received_split", "amount_cash", "amount_card", "amount_mobile", "count_0"),
    *(
        "email",
        "phone",
        "xin",
        "reason_code",
        "original_shown",
        "approver",
        "pin",
        "period",
        "sort",
        "way",
        "cashier",
        "key",
    ),
    *("company", "sale", "add", "remove"),
    *(f"{name}_0" for name in ("title", "kind", "price", "count", "discount", "own", "item", "gtin", "ntin", "marks")),
    *("name", "role", "everywhere", "salon_", "salon_9x", "salon_412077"),
    *("value", "cashbox", "deed", "place"),
    *("code", "salon", "delivery", "since", "until"),
    *("counted", "note_1000", "coins", "amount", "id", "do", "date", "upto"),
)
ASKED = (
    "code",
    "salon",
    "find",
    "shown",
    "done",
    "changed",
    "name",
    "cashbox",
    "day",
    "state",
    "after",
    "before",
    "ids",
    "next",
    "period",
    "sort",
    "way",
    "cashier",
    "key",
    "method",
    "amount_cash",
    "company",
    "title_0",
    "price_0",
    "count_0",
    "item_0",
    "page",
    "show",
    "person",
    "action",
)
SOUND = ({}, {"method": "split"}, {"method": "cash"}, {"reason": "x", "count_0": "1e1"})


@pytest.mark.thorough
@pytest.mark.parametrize("path", [path for path in list_routes("POST") if path != "/acquire/logout"])
def test_no_form_makes_it_stumble_or_charge(desk: Desk, manager: Browser, path: str) -> None:
    desk.add_visit(state="dead_lettered", code="9")
    desk.add_receipt(desk.add_visit(state="processed"))
    for number, typed in enumerate(NONSENSE):
        # Each kind of nonsense in one of the forms, and each of the forms with some of them.
        for sound in SOUND if IS_THOROUGH else (SOUND[number % len(SOUND)],):
            fields = {**dict.fromkeys(TYPED, typed), **sound, "form_key": str(uuid4()) if sound else typed}
            answer = manager.submit(fill(path), fields)
            assert answer.status_code < 500, (typed, sound)
            assert "Set-Cookie: a=b" not in answer.headers.get("location", "")
    assert desk.all(Checkout) == desk.all(ReturnOrder) == []


@pytest.mark.thorough
@pytest.mark.parametrize("path", list_routes("GET"))
def test_no_address_makes_it_stumble(desk: Desk, manager: Browser, path: str) -> None:
    desk.add_receipt(desk.add_visit(state="processed"))
    for typed in map(quote, NONSENSE):
        each = [f"{name}={typed}" for name in ASKED]
        # All in one address would be longer than the client sends.
        for query in each if IS_THOROUGH else ["&".join(each[start::2]) for start in (0, 1)]:
            assert manager.get(f"{fill(path)}?{query}").status_code < 500, query
    for query in ("day=%ed%a0%80", "%00=%00", "after=%ff", "ids=" + "1," * 3000):
        assert manager.get(f"{fill(path)}?{query}").status_code < 500, query


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_method_but_the_right_one_does_anything(desk: Desk, manager: Browser, method: str) -> None:
    desk.add_receipt(desk.add_visit(state="dead_lettered", code="9"))
    for path in {*list_routes("GET"), *list_routes("POST")}:
        assert manager.request(method, fill(path)).status_code in (200, 303, 403, 404, 405), path
    assert desk.all(Checkout) == desk.all(ReturnOrder) == []


@pytest.mark.parametrize(
    "path",
    [
        "/acquire//visits/1",
        "/acquire/%2e%2e/docs",
        "/acquire/visits/1/",
        "/acquire/visits/1%2f..%2f2",
        "/acquire/visits/１",
        "/acquire/" + "a" * 5000,
        "/static/acquire/%2e%2e/%2e%2e/pyproject.toml",
        "/static/acquire/..%2f..%2fpyproject.toml",
        "/static/acquire//etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_page(manager: Browser, path: str) -> None:
    answer = manager.get(path)
    assert answer.status_code == 404
    assert "altegio-webkassa" not in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"method": "card"}'),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="method"\r\n\r\ncard\r\n--x--'),
        ("text/plain", b"\xff\xfe\x00"),
        ("application/x-www-form-urlencoded", b"%ff=%ff&form_token=%ff"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"form_token=1"),
    ],
)
def test_what_is_no_form_of_ours_is_refused(desk: Desk, cashier: Browser, kind: str, body: bytes) -> None:
    visit = desk.add_visit()
    for path in ("/acquire", f"/acquire/visits/{visit.id}", "/acquire/login"):
        assert cashier.post(path, content=body, headers={"content-type": kind}).status_code == 403
    assert desk.all(Checkout) == []


@pytest.mark.parametrize(
    "cookies", [b"acquire_session=\xff", b"acquire_session=" + b"x" * 8000, b"acquire_language=\xff; a"]
)
def test_cookies_nobody_made_open_nothing(desk: Desk, cookies: bytes) -> None:
    assert desk.browser().get("/acquire", headers={"cookie": cookies}).status_code == 303
    assert desk.browser().get("/acquire/login", headers={"cookie": cookies}).status_code == 200


def test_a_session_that_ends_in_the_middle_of_a_payment_charges_nothing(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit()
    address = f"/acquire/visits/{visit.id}"
    token = cashier.form_token()
    desk.execute("DELETE FROM staff_sessions")
    answer = cashier.post(address, data={"form_token": token, "form_key": str(uuid4()), "method": "card"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/acquire/login?next={address}&lost=payment")
    assert desk.all(Checkout) == []
    sign_in = {"login": "aigul", "password": "right horse battery", "next": address}
    assert cashier.submit("/acquire/login", sign_in).headers["location"] == address
    assert 'class="card pay"' in cashier.page(address)
