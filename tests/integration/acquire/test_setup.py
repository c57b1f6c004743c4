"""Five steps until the first receipt: what each says, its test, and who is led there."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.salon.webhook_secret import read_webhook_secret
from shared.storage.models import AuditEvent, Cashbox, CashboxOrder, Trial, WorkerSign
from tests.support.desk import COMPANY, PASSWORD, Browser, Desk
from tests.support.payloads import visit

KEY = {"form_key": "0d1b2a0e-0000-4000-8000-000000000001"}


def read(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def addresses(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'id="address-\d+" value="([^"]+)"', page)]


def add(desk: Desk, row: Any) -> None:
    with desk.sessions.begin() as session:
        session.add(row)


def sign(desk: Desk, *able_to: str) -> None:
    add(desk, WorkerSign(name="worker", takes="messages", able_to=list(able_to), seen_at=datetime.now(UTC)))


def location(desk: Desk, login: str, **fields: str) -> str:
    answer = desk.browser().submit("/acquire/login", {"login": login, "password": PASSWORD, **fields})
    return str(answer.headers["location"])


def test_nothing_is_done_yet(manager: Browser) -> None:
    page = manager.page("/acquire/setup")
    said = read(page)
    assert "Готово шагов: 0 из 5" in said
    assert "ждём первое сообщение" in said
    assert "Сервис не отвечает больше минуты" in said
    assert "Управляющих: 1. Кассиров и других: 0." in said
    assert 'data-live="deliveries"' in page
    assert "data-await" not in page


def test_the_register_of_the_environment_is_tested_before_its_first_receipt(desk: Desk, manager: Browser) -> None:
    for _ in range(2):
        answer = manager.submit("/acquire/setup/register", KEY)
        assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/setup")
    (cashbox,) = desk.all(Cashbox)
    assert cashbox.unique_number == desk.app.state.settings.webkassa_shop_id  # type: ignore[attr-defined]
    (order,) = desk.all(CashboxOrder)
    assert (order.kind, order.cashbox_id) == ("check", cashbox.id)
    assert desk.published("receipts", 1) == [("worker.tasks.carry_out", [order.id])]
    page = manager.page("/acquire/setup")
    assert "проверяется" in read(page)
    assert "data-await" in page
    desk.execute("UPDATE cashbox_orders SET state = 'done', done_at = now(), result = '{\"CashboxStatus\": 1}'")
    page = manager.page("/acquire/setup")
    assert "Готово шагов: 1 из 5" in read(page)
    assert "data-await" not in page


def test_a_paused_register_is_not_done(desk: Desk, manager: Browser) -> None:
    desk.add_receipt(desk.add_visit(state="processed"))
    assert "Готово шагов: 2 из 5" in read(manager.page("/acquire/setup")), "with the message that brought the visit"
    desk.execute("UPDATE cashboxes SET paused_since = now(), paused_code = '5'")
    assert "Готово шагов: 1 из 5" in read(manager.page("/acquire/setup"))


def test_the_first_message_and_the_last(desk: Desk, manager: Browser) -> None:
    desk.add_visit()
    desk.add_visit()
    desk.execute("UPDATE webhook_records SET created_at = '2026-11-12T10:04:00+05:00' WHERE id = 1")
    desk.execute("UPDATE webhook_records SET created_at = '2026-11-13T11:05:00+05:00' WHERE id = 2")
    said = read(manager.page("/acquire/setup"))
    assert re.search(r"первое сообщение получено: 12 нояб\.?, 10:04 последнее: 13 нояб\.?, 11:05", said)


def test_what_was_read_from_altegio_is_no_message(desk: Desk, manager: Browser) -> None:
    desk.add_visit()
    desk.execute("UPDATE webhook_records SET source = 'catch_up'")
    assert "ждём первое сообщение" in read(manager.page("/acquire/setup"))


class TestTheAddress:
    def test_before_any_salon_is_known_it_is_that_of_all(self, desk: Desk, manager: Browser) -> None:
        settings = desk.app.state.settings  # type: ignore[attr-defined]
        (address,) = addresses(manager.page("/acquire/setup"))
        assert address.endswith(f"/api/webhook/{settings.webhook_secrets[0]}")

    def test_of_a_known_salon_it_is_its_own_and_opens_the_door(self, desk: Desk, manager: Browser) -> None:
        desk.add_visit()
        (address,) = addresses(manager.page("/acquire/setup"))
        settings, secret = desk.app.state.settings, address.rpartition("/")[2]  # type: ignore[attr-defined]
        told = read_webhook_secret(settings.signing_keys, secret)
        assert told == (COMPANY, 1)
        path = f"/api/webhook/{secret}"
        answer = desk.client.post(path, json=visit(5, company=COMPANY))
        assert answer.status_code == 200
        assert settings.webhook_secrets[0] not in manager.page("/acquire/setup")

    def test_a_narrow_manager_gets_that_of_their_salon_alone(self, desk: Desk) -> None:
        desk.add_visit(company_id=990077)
        desk.add_user("saule", role="manager", salons=[COMPANY])
        page = desk.sign_in("saule").page("/acquire/setup")
        (address,) = addresses(page)
        assert address.rpartition("/")[2].startswith(f"{COMPANY}-1-")
        assert "/acquire/setup/trials" not in page

    def test_it_is_in_no_log_and_on_no_page_that_caches_keep(
        self, desk: Desk, manager: Browser, capfd: pytest.CaptureFixture[str]
    ) -> None:
        answer = manager.get("/acquire/setup")
        (address,) = addresses(answer.text)
        assert answer.headers["cache-control"] == "no-store"
        out, err = capfd.readouterr()
        assert address.rpartition("/")[2] not in out + err


@pytest.mark.parametrize("kind", ["alerts", "altegio"])
def test_a_trial_is_asked_of_a_worker_once(desk: Desk, manager: Browser, kind: str) -> None:
    for _ in range(2):
        answer = manager.submit("/acquire/setup/trials", {"kind": kind})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/acquire/setup#{kind}")
    (trial,) = desk.all(Trial)
    assert (trial.kind, trial.state, trial.staff_user_id) == (kind, "requested", 1)
    assert desk.published("maintenance", 1) == [("worker.tasks.try_out", [trial.id])]
    assert [event.action for event in desk.all(AuditEvent)][-1] == f"{kind}_tried"
    page = manager.page("/acquire/setup")
    assert "data-await" in page
    desk.execute("UPDATE trials SET created_at = now() - interval '1 hour'")
    page = manager.page("/acquire/setup")
    assert "data-await" not in page
    assert "Проверка не началась" in read(page)
    assert manager.submit("/acquire/setup/trials", {"kind": kind}).status_code == 303
    assert len(desk.all(Trial)) == 2


def test_a_trial_of_nothing(desk: Desk, manager: Browser) -> None:
    assert manager.submit("/acquire/setup/trials", {"kind": "money"}).status_code == 409
    assert desk.all(Trial) == []


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("alerts", {"state": "passed", "tried": 2, "passed": 2}, "принято адресами: 2 из 2"),
        ("alerts", {"state": "failed", "tried": 2, "passed": 1}, "принято адресами: 1 из 2"),
        ("alerts", {"state": "absent"}, "Адрес для предупреждений не задан"),
        ("altegio", {"state": "passed", "tried": 1, "passed": 1}, "салонов: 1 из 1"),
        ("altegio", {"state": "failed", "tried": 1, "error_text": "403 no right"}, "403 no right"),
        ("altegio", {"state": "failed"}, "Салон ещё не известен"),
        ("altegio", {"state": "absent"}, "Ключей нет"),
    ],
)
def test_what_a_trial_came_to(desk: Desk, manager: Browser, kind: str, values: dict[str, Any], said: str) -> None:
    add(desk, Trial(kind=kind, done_at=datetime.now(UTC), **values))
    page = read(manager.page("/acquire/setup"))
    assert said in page
    assert f"Готово шагов: {1 if values['state'] == 'passed' else 0} из 5" in page


def test_whether_tokens_are_set_is_known_from_the_workers(desk: Desk, manager: Browser) -> None:
    sign(desk)
    assert "Ключи не заданы" in read(manager.page("/acquire/setup"))
    desk.execute("DELETE FROM worker_signs")
    sign(desk, "altegio")
    assert "Ключи не заданы" not in read(manager.page("/acquire/setup"))


def test_everything_is_done(desk: Desk, manager: Browser) -> None:
    sign(desk, "altegio")
    desk.add_receipt(desk.add_visit(state="processed"))
    desk.add_user("aigul")
    for kind in ("alerts", "altegio"):
        add(desk, Trial(kind=kind, state="passed", tried=1, passed=1, done_at=datetime.now(UTC)))
    page = read(manager.page("/acquire/setup"))
    assert "Готово шагов: 5 из 5" in page
    assert "Всё готово: к кассе" in page


class TestWhoIsLedThere:
    def test_the_first_manager_at_the_first_sign_in(self, desk: Desk) -> None:
        desk.add_user("aigul")
        desk.add_user("dana", role="manager")
        assert location(desk, "aigul") == "/acquire"
        assert location(desk, "dana", next="/acquire/books") == "/acquire/books", "who wants to be elsewhere is there"
        assert location(desk, "dana") == "/acquire", "not the first sign-in any more"

    def test_at_once_where_nothing_else_was_asked_for(self, desk: Desk) -> None:
        desk.add_user("dana", role="manager")
        assert location(desk, "dana") == "/acquire/setup"

    def test_not_a_second_manager(self, desk: Desk) -> None:
        desk.add_user("saule", role="manager")
        desk.add_user("dana", role="manager")
        assert location(desk, "dana") == "/acquire"

    def test_not_where_a_receipt_was_issued(self, desk: Desk) -> None:
        desk.add_receipt(desk.add_visit(state="processed"))
        desk.add_user("dana", role="manager")
        assert location(desk, "dana") == "/acquire"

    def test_settings_lead_there(self, manager: Browser) -> None:
        assert 'href="/acquire/setup"' in manager.page("/acquire/settings")
