"""What staff see: progress, the receipt, what needs attention, settings, languages; and what nobody must see."""

import json
import logging
import re
import sys
from typing import Any

import pytest

from api.acquire.access.signing import get_secret, seal
from api.acquire.words.advice import ADVICE
from shared.queue import PROCESS_RECORD, RECORDS
from shared.storage.models import AuditEvent, Receipt, Replay, WebhookRecord
from tests.support.desk import Browser, Desk, position

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)> {{ 7*7 }} %(x)s'


def test_progress_follows_the_receipt_until_it_is_issued(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit()
    address = f"/acquire/visits/{visit.id}"
    cashier.pay(visit.id, method="cash", cash_received="5000")
    page = cashier.page(f"{address}/progress")
    assert "Оплата сохранена" in page
    assert "1\u00a0000\u00a0₸" in page, "the change to give"
    assert f'data-poll="{address}/state"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert cashier.get(f"{address}/state").json()["state"] == "queued"
    receipt = desk.add_receipt(visit, state="pending", attempts=1)
    assert cashier.get(f"{address}/state").json()["state"] == "sending"
    desk.execute("UPDATE checkouts SET created_at = now() - interval '10 seconds'")
    slow = cashier.get(f"{address}/state").json()
    assert "Продажа сохранена, чек пробьётся сам" in slow["text"]
    assert (slow["final"], slow["address"]) == (False, None)
    desk.execute("UPDATE receipts SET state = 'issued', fiscal_number = '1', issued_at = now()")
    desk.execute("UPDATE webhook_records SET state = 'processed'")
    assert cashier.get(f"{address}/state").json()["address"] == f"/acquire/success/{receipt.id}"
    assert cashier.get(f"{address}/progress").headers["location"] == f"/acquire/success/{receipt.id}"


def test_a_receipt_that_needs_a_person_says_what_to_do(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit(state="dead_lettered", code="10", reason="code 10: Срок лицензии истёк")
    state = cashier.get(f"/acquire/visits/{visit.id}/state").json()
    assert (state["state"], state["final"]) == ("attention", True)
    assert state["advice"] == [
        "Касса не активирована или истекла лицензия.",
        "Продлите лицензию в кабинете Webkassa; потом чеки оформятся сами.",
    ]
    page = cashier.page(f"/acquire/visits/{visit.id}/progress")
    assert "Срок лицензии истёк" in page
    assert "refresh" not in page


def test_what_was_paid_and_not_issued_can_be_retried_where_it_is_seen(
    desk: Desk, cashier: Browser, manager: Browser
) -> None:
    visit = desk.add_visit()
    cashier.pay(visit.id)
    desk.execute("UPDATE webhook_records SET state = 'dead_lettered', error_code = '10', reason = 'Срок лицензии истёк'")
    address, button = f"/acquire/visits/{visit.id}", f'action="/acquire/attention/{visit.delivery_id}/retry"'
    for page in (cashier.page(address), cashier.page(f"{address}/progress")):
        assert "Продлите лицензию" in page
        assert "Срок лицензии истёк" in page
        assert button not in page
    assert button in manager.page(address)
    assert button in manager.page(f"{address}/progress")
    desk.execute("UPDATE webhook_records SET error_code = 'difference'")
    assert button not in manager.page(address), "trying again would change nothing"


def test_a_cashbox_without_its_operator_says_that_sales_wait(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit(state="retrying", code="18")
    desk.add_receipt(visit, state="pending", attempts=1, error_code="18")
    state = cashier.get(f"/acquire/visits/{visit.id}/state").json()
    assert state["final"] is False
    assert "72 часов" in state["advice"][0]


def test_the_receipt_shows_everything_a_customer_may_ask_for(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit("4000.50", state="processed")
    line = {**position("Стрижка", 1, "4500.50", 500), "TaxPercent": 16, "Tax": "551.79"}
    receipt = desk.add_receipt(
        visit, positions=[line], tax="551.79", issued_at="2026-04-14T10:02:41+00:00", offline_mode=True
    )
    desk.execute(
        "UPDATE receipts SET request = request || CAST(:more AS jsonb)",
        more=json.dumps({"Payments": [{"Sum": 5000, "PaymentType": 0}], "Change": 999.5}),
    )
    page = cashier.page(f"/acquire/success/{receipt.id}").replace("\u00a0", " ")
    assert receipt.fiscal_number
    for words in (
        receipt.fiscal_number,
        "4 000,50 ₸",
        "Четыре тысячи тенге 50 тиын",
        "551,79 ₸",
        "16 %",
        "SWK00000001",
        "600900800700",
        "14.04.2026 15:02:41",
        "автономном режиме",
        "5 000 ₸",
        "999,50 ₸",
        "−500 ₸",
        "/print?paper=80",
        "data-copy=",
    ):
        assert words in page, words
    svg = re.search(r"<svg[^>]*class=\"qr\".*?</svg>", page)
    assert svg is not None
    assert "style=" not in svg[0]


def test_what_webkassa_warned_of_is_shown_beside_the_receipt(desk: Desk, cashier: Browser) -> None:
    receipt = desk.add_receipt(desk.add_visit(state="processed"), warning="9: Лицензия заканчивается")
    assert "Webkassa предупредила: 9: Лицензия заканчивается" in cashier.page(f"/acquire/success/{receipt.id}")


def test_without_vat_the_receipt_says_so(desk: Desk, cashier: Browser) -> None:
    receipt = desk.add_receipt(desk.add_visit(state="processed"))
    assert "без НДС" in cashier.page(f"/acquire/success/{receipt.id}")


@pytest.mark.parametrize("address", [None, "javascript:alert(1)", "data:text/html,x", "//evil", " http://x"])
def test_only_web_addresses_become_links(desk: Desk, cashier: Browser, address: str | None) -> None:
    receipt = desk.add_receipt(desk.add_visit(state="processed"), receipt_url=address)
    page = cashier.page(f"/acquire/success/{receipt.id}")
    assert "data-copy" not in page
    assert 'class="qr"' not in page
    assert address is None or address not in page


def test_a_receipt_that_is_not_issued_yet_leads_to_where_it_is_watched(desk: Desk, manager: Browser) -> None:
    visit = desk.add_visit(state="processing")
    receipt = desk.add_receipt(visit, state="pending")
    answer = manager.get(f"/acquire/success/{receipt.id}")
    assert answer.headers["location"] == f"/acquire/visits/{visit.id}/progress"
    goods = desk.add_receipt(state="pending")
    assert "ещё не пробит" in manager.page(f"/acquire/success/{goods.id}")


@pytest.mark.parametrize("code", ["1", "4", "5", "6", "7", "8", "9", "10", "18", "sum_mismatch", "difference", "no_cashbox"])
def test_dead_letters_are_explained(desk: Desk, cashier: Browser, code: str) -> None:
    desk.add_visit(state="dead_lettered", code=code, reason=f"the vendor's own words about {code}")
    page = cashier.page("/acquire/tasks")
    speaker_says = {"10": "истекла лицензия", "sum_mismatch": "не равна стоимости", "6": "не знает такой кассы"}
    assert speaker_says.get(code, "") in page
    assert f"the vendor&#39;s own words about {code}" in page
    assert code in ADVICE


def test_tasks_are_returns_due_goods_and_letters_page_by_page(desk: Desk, manager: Browser) -> None:
    assert "ничего не ждёт" in manager.page("/acquire/tasks")
    receipt = desk.add_receipt(desk.add_visit(state="processed"), return_due_reason="the record was deleted")
    goods = desk.add_receipt(return_due_reason="the sale was deleted")
    page = manager.page("/acquire/tasks")
    assert f"/acquire/receipts/{receipt.id}/return" in page
    assert f"/acquire/receipts/{goods.id}/return" in page
    for _ in range(45):
        desk.add_visit(state="dead_lettered", code="9")
    first = manager.page("/acquire/tasks")
    second = manager.page("/acquire/tasks?page=2")
    assert (first.count("<article"), second.count("<article")) == (25, 22)
    assert 'href="?page=2"' in first
    for page in ("x", "-1", "0", "9" * 30, "%00"):
        assert manager.get(f"/acquire/tasks?page={page}").status_code == 200


def test_retry_puts_the_delivery_back_like_the_command_line(desk: Desk, manager: Browser) -> None:
    visit = desk.add_visit(state="dead_lettered", code="10", reason="code 10")
    answer = manager.submit(f"/acquire/attention/{visit.delivery_id}/retry", {"visit": str(visit.id)})
    assert answer.headers["location"] == f"/acquire/visits/{visit.id}/progress"
    row = desk.get(WebhookRecord, visit.delivery_id)
    assert (row.state, row.error_code) == ("received", None)
    (replay,) = desk.all(Replay)
    assert (replay.actor, replay.from_state, replay.error_code) == ("staff:dana", "dead_lettered", "10")
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject, event.details) == ("replayed", f"delivery {row.id}", {"outcome": "replayed"})
    assert desk.published(RECORDS, 1) == [(PROCESS_RECORD, [row.id])]
    assert manager.submit("/acquire/attention/999/retry").status_code == 404


def test_settings_and_the_trail_are_readable(desk: Desk, manager: Browser) -> None:
    visit = desk.add_visit("4000")
    manager.pay(visit.id, method="split", amount_cash="1000", amount_card="3000")
    desk.add_receipt(desk.add_visit(state="processed"))
    settings = manager.page("/acquire/settings")
    assert "SWK00000001" in settings
    assert "Без НДС" in settings
    for secret in ("SECRET_KEY", "WEBKASSA_API_TOKEN", "WEBKASSA_PASSWORD", "ALTEGIO_WEBHOOK_SECRET"):
        assert desk.environment[secret] not in settings
    trail = manager.page("/acquire/audit").replace("\u00a0", " ")
    assert "Принята оплата" in trail
    assert "Наличные 1 000 ₸" in trail
    assert "Карта 3 000 ₸" in trail
    assert "dana" in trail
    with desk.sessions.begin() as session:
        session.add(AuditEvent(action="user_added", subject=f"staff {desk.add_user('aigul')}", details={}))
    (added,) = re.findall(r"<tr>.*Добавлена учётная запись.*</tr>", manager.page("/acquire/audit"))
    assert "командная строка" in added
    assert "учётная запись aigul" in added
    with desk.sessions.begin() as session:
        session.add_all(AuditEvent(action="signed_in", details={}) for _ in range(60))
    first = manager.page("/acquire/audit")
    following = re.search(r'href="(\?before=\d+)"', first)
    assert following is not None
    assert "Принята оплата" in manager.page("/acquire/audit" + following[1])


def test_hostile_names_are_only_words(desk: Desk, manager: Browser) -> None:
    visit = desk.add_visit(state="dead_lettered", name=HOSTILE, title=HOSTILE, code=HOSTILE, reason=HOSTILE)
    payable = desk.add_visit(name=HOSTILE, title=HOSTILE)
    line = position(HOSTILE, 1, 4000)
    receipt = desk.add_receipt(
        payable, positions=[line], return_due_reason=HOSTILE, receipt_url=f"http://x/{HOSTILE}", fiscal_number=HOSTILE
    )
    pages = [
        manager.page("/acquire"),
        manager.page("/acquire/tasks"),
        manager.page(f"/acquire/visits/{visit.id}"),
        manager.page(f"/acquire/visits/{payable.id}"),
        manager.page(f"/acquire/visits/{visit.id}/progress"),
        manager.page(f"/acquire/success/{receipt.id}"),
        manager.page(f"/acquire/receipts/{receipt.id}/return"),
        manager.search(HOSTILE),
        manager.pay(visit.id, method="cash", cash_received=HOSTILE, email=HOSTILE, phone=HOSTILE, xin=HOSTILE).text,
        manager.submit(f"/acquire/receipts/{receipt.id}/return", {"reason": HOSTILE, "count_0": HOSTILE}).text,
        manager.submit("/acquire/login", {"login": HOSTILE, "password": "x", "next": HOSTILE}).text,
    ]
    for page in pages:
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert " onerror=alert(2)>" not in page.replace("&gt;", ">") or "&lt;img" in page
        assert "{{ 7*7 }}" in page or "49" not in page


def test_pages_carry_no_script_or_style_of_their_own(desk: Desk, manager: Browser) -> None:
    visit = desk.add_visit()
    receipt = desk.add_receipt(desk.add_visit(state="processed"))
    paths = [
        "",
        "/attention",
        "/settings",
        "/audit",
        f"/visits/{visit.id}",
        f"/success/{receipt.id}",
        f"/visits/{visit.id}/progress",
    ]
    for path in [f"/acquire{path}" for path in paths]:
        answer = manager.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "form-action 'self'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! src=\"/static/acquire/)", answer.text)
        assert not re.search(r"(src|href)=\"(https?:)?//", answer.text.replace("http://ofd.test", ""))


def test_first_load_is_small_and_assets_are_kept_for_ever(desk: Desk, cashier: Browser) -> None:
    for _ in range(40):
        desk.add_visit()
    page = cashier.page("/acquire")
    assets = re.findall(r'(?:src|href)="(/static/acquire/[^"]+)"', page)
    assert len(assets) == 12
    answers = [cashier.get(address) for address in assets]
    assert sum(len(answer.content) for answer in answers) + len(page.encode()) < 150_000
    for address, answer in zip(assets, answers, strict=True):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert cashier.get(address[:-1]).headers["cache-control"] == "no-cache"
    assert cashier.get("/static/acquire/nothing.css?v=1").status_code == 404


@pytest.mark.parametrize(("language", "word"), [("ru", "Визиты"), ("kk", "Жазылулар"), ("en", "Visits")])
def test_the_language_is_chosen_once_and_kept(desk: Desk, cashier: Browser, language: str, word: str) -> None:
    assert 'lang="ru"' in cashier.page("/acquire")
    answer = cashier.submit("/acquire/language", {"language": language, "next": "/acquire/tasks"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/tasks")
    page = cashier.page("/acquire")
    assert f'<html lang="{language}">' in page
    assert f">{word}<" in page


def test_an_unknown_language_is_russian(cashier: Browser) -> None:
    cashier.submit("/acquire/language", {"language": "../../etc"})
    assert '<html lang="ru">' in cashier.page("/acquire")


def test_a_visitor_chooses_a_language_before_signing_in(desk: Desk) -> None:
    browser = desk.browser()
    assert (
        browser.submit("/acquire/language", {"language": "kk", "next": "/acquire/audit"}).headers["location"]
        == "/acquire/login?next=/acquire/audit"
    )
    assert "Құпиясөз" in browser.page("/acquire/login")


def test_nothing_personal_is_logged_or_put_into_an_address(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    (libraries,) = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    libraries.setStream(sys.stderr)  # as it is now
    personal = [
        "Меруерт",
        "77015550142",
        "salima@example.kz",
        "920813300359",
        "0142",
        "right horse battery",
        "клиент передумал",
    ]
    desk.add_user("dana", role="manager")
    desk.browser().submit("/acquire/login", {"login": "dana", "password": "wrong but secret"})
    manager = desk.sign_in("dana")
    visit = desk.add_visit(name="Меруерт", phone="77015550142")
    page = manager.search("Меруерт") + manager.search("0142")
    customer = {"email": "salima@example.kz", "phone": "+7 701 555 01 42", "xin": "920813300359"}
    answer = manager.pay(visit.id, **customer)
    again = manager.pay(visit.id, **customer)
    receipt = desk.add_receipt(visit)
    form = {"reason": "клиент передумал", "count_0": "1", "form_key": "0d1b2a0e-0000-4000-8000-000000000001"}
    back = manager.submit(f"/acquire/receipts/{receipt.id}/return", form)
    assert [a.status_code for a in (answer, again, back)] == [303, 409, 303]
    links = " ".join(re.findall(r'(?:href|action)="([^"]+)"', page + again.text)) + answer.headers["location"]
    trail = json.dumps([event.details for event in desk.all(AuditEvent)], ensure_ascii=False)
    lines = [line for line in capsys.readouterr().err.splitlines() if "HTTP Request" not in line]  # of the test's own client
    assert any("sign-in refused" in line for line in lines)
    for word in [*personal, "wrong but secret", "dana"]:
        assert not any(word in line for line in lines)
        assert word not in links
        assert word not in trail


def test_a_database_that_is_away_is_a_page_not_a_riddle(desk: Desk) -> None:
    with Desk.open(desk.environment, database_url="postgresql://nobody@127.0.0.1:9/none") as broken:
        browser = broken.browser()
        browser.cookies.set("acquire_session", _seal(broken, "some token"))
        answer = browser.get("/acquire")
        assert answer.status_code == 503
        assert "Сервис сейчас не может ничего сохранить" in answer.text


def _seal(desk: Desk, token: str) -> str:
    state: Any = desk.app.state  # type: ignore[attr-defined]
    return seal(get_secret(state.settings), "session", token)


def test_receipts_kept_from_before_the_page_existed_are_shown(desk: Desk, cashier: Browser) -> None:
    receipt = desk.add_receipt(
        desk.add_visit(state="processed"), issued_at=None, shift_number=None, registration_number=None
    )
    assert desk.get(Receipt, receipt.id).issued_at is None
    assert "Чек пробит" in cashier.page(f"/acquire/success/{receipt.id}")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_host_alone_leads_to_the_desk(desk: Desk, method: str) -> None:
    answer = desk.browser().request(method, "/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acquire")
