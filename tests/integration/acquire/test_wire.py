"""The wire: the feed of deliveries, and one of them as a line of steps, for those who look after the service."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.storage.models import AuditEvent, FiscalizationLog, Receipt, WebhookRecord
from tests.integration.acquire.test_signing_in import users
from tests.support.desk import COMPANY, PASSWORD, Browser, Desk

BODY = {
    "company_id": COMPANY,
    "resource": "record",
    "resource_id": 700003000,
    "status": "update",
    "data": {
        "id": 700003000,
        "comment": "позвонить 8 701 555 01 42",
        "services": [{"title": "Стрижка", "cost": 16000}],
        "client": {"id": 5, "name": "Айгүл Сейтқалиева", "phone": "77015550142", "email": "aigul@example.kz"},
        "staff": {"id": 9, "name": "Динара Мастерова"},
        "documents": [{"iin": "900101300123", "title": "договор"}],
    },
}
PERSONAL = ("Айгүл", "77015550142", "701 555 01 42", "aigul@example.kz", "Динара", "900101300123")


@pytest.fixture
def ops(desk: Desk) -> Browser:
    """Signed in; may look."""
    desk.add_user("omar", role="ops")
    return desk.sign_in("omar")


@pytest.fixture
def keeper(desk: Desk) -> Browser:
    """Signed in; may replay, and see whose deliveries they are."""
    desk.add_user("kairat", role="ops_replay")
    return desk.sign_in("kairat")


def add_delivery(desk: Desk, **values: Any) -> int:
    row = {
        "company_id": COMPANY,
        "resource": "record",
        "resource_id": 700003000,
        "status": "update",
        "dedup_key": str(uuid4()),
        "body": BODY,
        "state": "processed",
        **values,
    }
    with desk.sessions.begin() as session:
        added = WebhookRecord(**row)
        session.add(added)
        session.flush()
        return int(added.id)


def add_issued(desk: Desk) -> int:
    """A delivery whose receipt was refused once and issued then, and the two calls."""
    receipt = desk.add_receipt(desk.add_visit("16000", record_id=700003000))
    moment = datetime.now(UTC)
    row_id = add_delivery(desk, receipt_id=receipt.id, processed_at=moment + timedelta(milliseconds=900))
    calls = [("unavailable", {"Errors": [{"Text": "busy, call 8 701 555 01 42"}]}, "505"), ("issued", {"Data": {}}, None)]
    with desk.sessions.begin() as session:
        for number, (outcome, response, code) in enumerate(calls, 1):
            session.add(
                FiscalizationLog(
                    receipt_id=receipt.id,
                    cashbox_id=receipt.cashbox_id,
                    operation="check",
                    attempt=number,
                    request={"CustomerPhone": "77015550142", "Positions": [{"PositionName": "Стрижка"}]},
                    response=response,
                    outcome=outcome,
                    error_code=code,
                    created_at=moment,
                    finished_at=moment + timedelta(milliseconds=412),
                )
            )
    return row_id


def list_seen(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'class="wire-row" href="/acquire/wire/([0-9]+)"', page)]


def test_the_feed_says_when_what_with_what_end_and_how_fast(desk: Desk, ops: Browser) -> None:
    row_id = add_issued(desk)
    page = ops.page("/acquire/wire")
    assert row_id in list_seen(page)
    row = page[page.index(f'href="/acquire/wire/{row_id}"') :].partition("</a>")[0]
    assert "Визит № 700003000" in row
    assert str(COMPANY) in row
    assert "16\u00a0000\u00a0₸" in row
    assert re.search(r"[0-9]+ мс", row)
    assert re.search(r"[0-9]{2}:[0-9]{2}:[0-9]{2}", row)
    assert not any(word in page for word in PERSONAL)
    assert 'data-live="deliveries"' in page


def test_the_feed_is_narrowed_and_turned(desk: Desk, ops: Browser) -> None:
    done = add_delivery(desk)
    dead = add_delivery(desk, state="dead_lettered", error_code="9", reason="Webkassa: 9")
    other = add_delivery(desk, company_id=7, resource_id=5, state="ignored", reason="nothing was sold")
    assert list_seen(ops.page("/acquire/wire")) == [other, dead, done]
    assert list_seen(ops.page("/acquire/wire?state=dead_lettered")) == [dead]
    assert list_seen(ops.page("/acquire/wire?code=9")) == [dead]
    assert list_seen(ops.page("/acquire/wire?salon=7")) == [other]
    assert list_seen(ops.page("/acquire/wire?state=no&salon=x&before=x")) == [other, dead, done]
    assert "Ничего не продано: у визита нет строк." in ops.page("/acquire/wire?salon=7")
    for _ in range(60):
        add_delivery(desk)
    first = ops.page("/acquire/wire")
    assert len(list_seen(first)) == 50
    (further,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert list_seen(ops.page(f"/acquire/wire{further}")) == [*range(max(list_seen(first)) - 50, 0, -1)]


def test_a_number_is_searched_for_and_stands_in_no_address(desk: Desk, ops: Browser) -> None:
    row_id = add_issued(desk)
    document = add_delivery(desk, resource="goods_operations_sale", resource_id=44, document_id=900001)
    fiscal = desk.get(WebhookRecord, row_id).receipt_id
    with desk.sessions() as session:
        receipt = session.get_one(Receipt, fiscal)
        number, external = str(receipt.fiscal_number), receipt.external_check_number
    desk.add_visit(company_id=COMPANY)
    for typed, found in (
        ("700003000", row_id),
        ("№ 700003000", row_id),
        (number, row_id),
        (external, row_id),
        ("900001", document),
        (str(document), document),
    ):
        answer = ops.submit("/acquire/wire", {"q": typed})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/acquire/wire?find=gAAAA"), "sealed"
        page = ops.page(answer.headers["location"])
        assert found in list_seen(page), typed
        assert f'value="{typed}"' in page
    answer = ops.submit("/acquire/wire", {"q": "Айгүл", "state": "processed"})
    assert "%D0" not in answer.headers["location"]
    assert "state=processed" in answer.headers["location"]
    assert "Ищутся только номера" in ops.page(answer.headers["location"])
    assert list_seen(ops.page("/acquire/wire?find=nonsense")) == list_seen(ops.page("/acquire/wire"))


def test_one_delivery_is_told_step_by_step(desk: Desk, ops: Browser) -> None:
    page = ops.page(f"/acquire/wire/{add_issued(desk)}")
    told = [
        "Получено от Altegio",
        "Визит № 700003000: изменение",
        "Решено: Выполнено",
        "Продажа оплачена, поэтому нужен чек.",
        "Попытка 1: Чек отправлен",
        "касса не ответила",
        "Заняло 412 мс",
        "Код: 505",
        "Попытка 2",
        "Чек пробит",
        "на 16\u00a0000\u00a0₸",
    ]
    places = [page.find(words) for words in told]
    assert -1 not in places, told[places.index(-1)]
    assert places == sorted(places)
    assert "Стрижка" in page
    assert not any(word in page for word in PERSONAL)


def test_a_reason_is_told_in_words_and_what_nobody_foresaw_as_it_is(desk: Desk, ops: Browser) -> None:
    known = add_delivery(desk, state="awaiting_payment", reason="not paid in full yet: 4000.00 ₸ of 16000.00 ₸")
    assert "Оплачено не полностью: 4\u00a0000\u00a0₸ из 16\u00a0000\u00a0₸." in ops.page(f"/acquire/wire/{known}")
    strange = add_delivery(desk, state="dead_lettered", reason="a word of tomorrow", error_code="77")
    assert "a word of tomorrow" in ops.page(f"/acquire/wire/{strange}")


@pytest.mark.parametrize("values", [{"body": None, "raw_body": b'{"name": "\\u0000 77015550142"}', "state": "invalid"}])
def test_a_body_that_is_no_json_is_hidden_whole(desk: Desk, ops: Browser, values: dict[str, Any]) -> None:
    page = ops.page(f"/acquire/wire/{add_delivery(desk, **values)}")
    assert "Сообщение, как оно пришло" in page
    assert "77015550142" not in page


def test_personal_data_is_shown_to_those_who_may_see_it_and_they_are_written_down(
    desk: Desk, ops: Browser, keeper: Browser
) -> None:
    row_id = add_issued(desk)
    assert ops.submit(f"/acquire/wire/{row_id}/show").status_code == 403
    assert [event.action for event in desk.all(AuditEvent)][-1] != "delivery_shown"
    answer = keeper.submit(f"/acquire/wire/{row_id}/show")
    assert answer.status_code == 303
    shown = answer.headers["location"]
    page = keeper.page(shown)
    assert all(word in page for word in PERSONAL)
    told = [event for event in desk.all(AuditEvent) if event.action == "delivery_shown"]
    assert [(event.subject, event.staff_user_id, event.company_id) for event in told] == [(f"delivery {row_id}", 2, COMPANY)]
    # The address is worth nothing to another session, for another delivery, or to who may not.
    other = add_delivery(desk)
    assert "Айгүл" not in desk.sign_in("kairat").page(shown)
    assert "Айгүл" not in keeper.page(shown.replace(f"wire/{row_id}", f"wire/{other}"))
    assert "Айгүл" not in ops.page(shown)
    assert "Айгүл" not in keeper.page(f"/acquire/wire/{row_id}?shown=1-1-99999999999.00")


def test_ops_see_the_wire_and_nothing_of_the_desk(desk: Desk, ops: Browser, keeper: Browser) -> None:
    desk.add_receipt(desk.add_visit("16000"))
    for browser in (ops, keeper):
        answer = browser.get("/acquire")
        assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/wire")
        for path in ("/acquire/visits/1", "/acquire/success/1", "/acquire/drawer", "/acquire/attention", "/acquire/books"):
            answer = browser.get(path)
            assert answer.status_code == 403, path
            assert "обслуживает сервис" in answer.text
            assert "Айгүл" not in answer.text
        assert browser.submit("/acquire/visits/1", {"method": "card"}).status_code == 403
        assert browser.submit("/acquire/drawer", {"kind": "deposit", "amount": "5"}).status_code == 403
        assert browser.get("/acquire/account").status_code == 200
        page = browser.page("/acquire/wire")
        assert "/acquire/attention" not in page
        assert "/acquire/drawer" not in page


def test_the_command_line_makes_both_roles(desk: Desk) -> None:
    for login, role in (("omar", "ops"), ("kairat", "ops_replay")):
        done = users(desk, "add", login, "--role", role, password=PASSWORD)
        assert (done.returncode, done.stdout) == (0, f"added {login} ({role})\n")
        assert desk.sign_in(login).get("/acquire/wire").status_code == 200


def test_pages_lead_to_flower_where_it_is_configured(desk: Desk, ops: Browser) -> None:
    assert "Flower" not in ops.page("/acquire/wire")
    with Desk.open(desk.environment, flower_url="/flower/") as other:
        page = other.sign_in("omar").page("/acquire/wire")
    assert 'href="/flower/"' in page
    assert "О чеках он не знает" in page


def test_cashiers_see_no_wire_and_managers_do(desk: Desk, cashier: Browser, manager: Browser) -> None:
    row_id = add_delivery(desk)
    for path in ("/acquire/wire", f"/acquire/wire/{row_id}", "/acquire/wire/health", "/acquire/wire/replay"):
        assert cashier.get(path).status_code == 403, path
        assert manager.get(path).status_code == 200, path


def test_ops_are_signed_out_as_soon_as_managers(desk: Desk, ops: Browser) -> None:
    desk.execute("UPDATE staff_sessions SET last_seen_at = now() - interval '61 minutes'")
    assert ops.get("/acquire/wire").headers["location"].startswith("/acquire/login")


def test_a_second_factor_is_demanded_of_ops_as_of_managers(desk: Desk, ops: Browser) -> None:
    with Desk.open(desk.environment, managers_need_second_factor=True) as other:
        browser = other.sign_in("omar")
        answer = browser.get("/acquire/wire")
        assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/account")
        page = browser.page("/acquire/account")
    assert "/acquire/account/second-factor" in page
    assert "/acquire/account/pin" not in page, "ops approve nothing"
