"""Settings that managers change: shown with who and when, checked, in the trail, and worked by within seconds."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dev.demo.waiting import wait_until
from shared.salon.changeable import CHANGEABLE, OF_SALON
from shared.storage.models import AuditEvent, Cashbox, ChangedSetting, WorkerSign
from tests.integration.acquire.test_ceilings import give_back
from tests.support.bridge import Bridge
from tests.support.desk import COMPANY, Browser, Desk
from tests.support.payloads import visit
from tests.support.statements import note_statements


def read(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def change(browser: Browser, name: str, value: str = "", **fields: str) -> Any:
    return browser.submit("/acquire/settings/change", {"name": name, "value": value, **fields})


def add(desk: Desk, row: Any) -> int:
    with desk.sessions.begin() as session:
        session.add(row)
        session.flush()
        return int(row.id)


@pytest.fixture
def cashbox(desk: Desk) -> int:
    return add(desk, Cashbox(unique_number="SWK7", company_id=COMPANY, name="Касса у входа"))


@pytest.fixture
def bridge(desk: Desk) -> Iterator[Bridge]:
    """A worker at the same database."""
    bridge = Bridge(desk.environment)
    yield bridge
    bridge.close()


def stored(desk: Desk) -> dict[tuple[str, int | None], str]:
    return {(row.name, row.cashbox_id): row.value for row in desk.all(ChangedSetting)}


def told(desk: Desk) -> list[tuple[str, str, str, str]]:
    changes = [event for event in desk.all(AuditEvent) if event.action.startswith("setting_")]
    return [(e.action, e.subject, e.details["before"], e.details["after"]) for e in changes]


def test_a_change_is_shown_with_who_and_when_and_can_be_taken_back(desk: Desk, manager: Browser) -> None:
    desk.execute("UPDATE staff_users SET name = 'Дана Сапарова'")
    assert "по умолчанию" in read(manager.page("/acquire/settings"))
    answer = change(manager, "fiscalize_when", "always")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/acquire/settings?changed=fiscalize_when#fiscalize_when",
    )
    page = read(manager.page("/acquire/settings?changed=fiscalize_when"))
    assert "За каждый визит" in page
    assert re.search(r"Сохранено\. изменено: Дана Сапарова, \d+ \w+\.? в \d\d:\d\d", page)
    form = manager.page("/acquire/settings/change?name=fiscalize_when")
    assert 'value="always" checked' in form
    assert "По умолчанию: Когда" in read(form)
    assert change(manager, "fiscalize_when", deed="reset").status_code == 303
    assert "изменено: Дана" not in read(manager.page("/acquire/settings"))
    assert stored(desk) == {}
    assert told(desk) == [
        ("setting_changed", "setting fiscalize_when", "paid", "always"),
        ("setting_reset", "setting fiscalize_when", "always", "paid"),
    ]
    trail = read(manager.page("/acquire/audit"))
    assert "→ За каждый визит" in trail
    assert "fiscalize_when" not in trail


def test_the_last_change_holds_and_the_trail_has_all(desk: Desk, manager: Browser) -> None:
    for value in ("23:10", "22:45"):
        assert change(manager, "shift_close_at", value).status_code == 303
    assert stored(desk) == {("shift_close_at", None): "22:45"}
    assert [(before, after) for _, _, before, after in told(desk)] == [("23:50", "23:10"), ("23:10", "22:45")]
    assert desk.app.state.settings.shift_close_at == "22:45"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "fields", "kept"),
    [
        ("default_payment_method", {"value": "ask"}, "ask"),
        ("payment_kinds", {"value": "Kaspi=mobile,  id:46003=none"}, "Kaspi=mobile, id:46003=none"),
        ("tips", {"value": ""}, ""),
        ("quiet_hours", {"value": "21:00-09:00"}, "21:00-09:00"),
        ("cashier_return_ceiling", {"value": "20 000 ₸"}, "20000.00"),
        ("cashier_withdrawal_ceiling", {"value": ""}, ""),
        ("alert_oldest_minutes", {"value": "7,5"}, "7.5"),
        ("receipt_to_client", {"way_webkassa": "1", "way_whatsapp-link": "1"}, "webkassa,whatsapp-link"),
        ("receipt_to_client", {}, "none"),
        ("confirm_receipts", {"value": "on"}, "on"),
    ],
)
def test_what_is_typed_is_kept(desk: Desk, manager: Browser, name: str, fields: dict[str, str], kept: str) -> None:
    assert change(manager, name, **fields).status_code == 303
    assert stored(desk) == {(name, None): kept}
    assert manager.get(f"/acquire/settings/change?name={name}").status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shift_close_at", "25:00"),
        ("quiet_hours", "late"),
        ("payment_kinds", "Kaspi=gold"),
        ("alert_oldest_minutes", "inf"),
        ("alert_oldest_minutes", "nan"),
        ("alert_oldest_minutes", "1e300"),
        ("return_delay_seconds", "999999999"),
        ("alert_goods_coded_percent", "101"),
        ("cashier_return_ceiling", "-5"),
        ("cashier_return_ceiling", "1000000000"),
        ("tips", "x" * 2001),
    ],
)
def test_a_wrong_value_names_the_field_and_nothing_is_lost(desk: Desk, manager: Browser, name: str, value: str) -> None:
    answer = change(manager, name, value)
    assert answer.status_code == 422
    assert "Не сохранено" in answer.text
    assert 'aria-describedby="fault-value"' in answer.text
    assert f'value="{value}"' in answer.text
    assert (stored(desk), told(desk)) == ({}, [])


@pytest.mark.parametrize("value", ["", "sometimes"])
def test_a_word_that_is_none_of_them(desk: Desk, manager: Browser, value: str) -> None:
    assert change(manager, "fiscalize_when", value).status_code == 422
    assert stored(desk) == {}


@pytest.mark.parametrize("name", ["secret_key", "webkassa_password", "alert_urls", "smtp_url", "vat", "retention_days", ""])
def test_secrets_and_what_is_the_administrators_cannot_be_changed(desk: Desk, manager: Browser, name: str) -> None:
    assert change(manager, name, "x").status_code == 404
    assert manager.get(f"/acquire/settings/change?name={name}").status_code == 404
    assert stored(desk) == {}


def test_no_secret_is_on_any_page(desk: Desk, manager: Browser) -> None:
    settings = desk.app.state.settings  # type: ignore[attr-defined]
    known = [settings.secret_key, settings.credentials_key, settings.webkassa_password, settings.webkassa_api_token]
    secrets = [secret.get_secret_value() for secret in known]
    pages = ["/acquire/settings", *(f"/acquire/settings/change?name={name}" for name in CHANGEABLE)]
    said = "".join(manager.page(page) for page in pages)
    assert [secret for secret in secrets if secret and secret in said] == []


@pytest.mark.parametrize(
    ("name", "fields", "needed"),
    [
        ("receipt_to_client", {"way_email": "1"}, "email"),
        ("write_back", {"value": "comment"}, "altegio"),
        ("write_back", {"value": "field", "place": "чек"}, "altegio"),
        ("desk_payments", {"value": "booked"}, "altegio"),
        ("return_policy", {"value": "auto"}, "altegio"),
    ],
)
def test_what_no_worker_has_credentials_for_cannot_be_chosen(
    desk: Desk, manager: Browser, name: str, fields: dict[str, str], needed: str
) -> None:
    answer = change(manager, name, **fields)
    assert answer.status_code == 422
    assert "Сначала сервису нужно дать" in answer.text
    add(desk, WorkerSign(name="gone", takes="messages", able_to=[needed], seen_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert change(manager, name, **fields).status_code == 422
    add(desk, WorkerSign(name="here", takes="messages", able_to=[needed], seen_at=datetime.now(UTC)))
    assert change(manager, name, **fields).status_code == 303


class TestOfOneSalon:
    def test_holds_for_its_cashbox_and_says_so(self, desk: Desk, manager: Browser, cashbox: int) -> None:
        answer = change(manager, "deposits", "at_top_up", cashbox=str(cashbox))
        assert answer.headers["location"] == f"/acquire/settings/salons/{cashbox}?changed=deposits#deposits"
        assert desk.get(Cashbox, cashbox).deposits == "at_top_up"
        page = read(manager.page(f"/acquire/settings/salons/{cashbox}"))
        assert "Чек при пополнении" in page
        assert "изменено: dana" in page
        assert told(desk) == [("setting_changed", "setting deposits", "by_hand", "at_top_up")]
        assert desk.all(AuditEvent)[-1].company_id == COMPANY

        desk.execute("UPDATE cashboxes SET deposits = 'at_spending'")
        page = read(manager.page(f"/acquire/settings/salons/{cashbox}"))
        assert "выбрано для этого салона администратором сервиса" in page, "a command changed it since"
        assert change(manager, "deposits", deed="reset", cashbox=str(cashbox)).status_code == 303
        assert desk.get(Cashbox, cashbox).deposits is None
        assert told(desk)[-1] == ("setting_reset", "setting deposits", "at_spending", "by_hand")

    def test_what_holds_for_all_shows_through(self, desk: Desk, manager: Browser, cashbox: int) -> None:
        change(manager, "tips", "на чай")
        page = read(manager.page(f"/acquire/settings/salons/{cashbox}"))
        assert "на чай" in page
        assert "как у всех салонов" in page

    def test_nothing_is_no_choice_of_a_salons(self, desk: Desk, manager: Browser, cashbox: int) -> None:
        assert change(manager, "tips", "", cashbox=str(cashbox)).status_code == 422
        assert change(manager, "shift_close_at", "23:00", cashbox=str(cashbox)).status_code == 404
        assert desk.get(Cashbox, cashbox).tips is None

    def test_its_own_manager_changes_it_and_nothing_for_all(self, desk: Desk, cashbox: int) -> None:
        desk.add_user("saule", role="manager", salons=[COMPANY])
        narrow = desk.sign_in("saule")
        assert change(narrow, "tips", "на чай", cashbox=str(cashbox)).status_code == 303
        answer = change(narrow, "tips", "на чай")
        assert answer.status_code == 409
        assert "меняет управляющий всеми салонами" in read(answer.text)
        page = narrow.page("/acquire/settings")
        assert "/acquire/settings/change" not in page
        assert f"/acquire/settings/salons/{cashbox}" in page

    @pytest.mark.parametrize("name", OF_SALON)
    def test_every_choice_has_a_form(self, manager: Browser, cashbox: int, name: str) -> None:
        assert manager.get(f"/acquire/settings/change?name={name}&cashbox={cashbox}").status_code == 200


def test_a_ceiling_that_was_changed_holds_at_the_desk(desk: Desk, manager: Browser) -> None:
    desk.add_receipt(desk.add_visit(state="processed"))
    desk.add_user("aigul")
    cashier = desk.sign_in("aigul")
    assert give_back(cashier, 1).status_code == 422, "each return needs a manager's PIN"
    change(manager, "cashier_return_ceiling", "5000")
    assert desk.app.state.settings.cashier_return_ceiling == Decimal(5000)  # type: ignore[attr-defined]
    assert give_back(cashier, 1).status_code == 303


def test_the_next_decision_of_a_worker_uses_it(desk: Desk, manager: Browser, bridge: Bridge) -> None:
    bridge.accept(visit(1, company=COMPANY, paid=0))
    bridge.decide_open()
    assert bridge.receipts() == []
    change(manager, "fiscalize_when", "always")
    bridge.take_up_settings()
    bridge.accept(visit(2, company=COMPANY, paid=0))
    bridge.decide_open()
    assert len(bridge.receipts()) == 1


def test_a_salons_choice_holds_from_the_next_decision_on(desk: Desk, manager: Browser, bridge: Bridge, cashbox: int) -> None:
    change(manager, "fiscalize_when", "always", cashbox=str(cashbox))
    bridge.accept(visit(2, company=COMPANY, paid=0))
    bridge.decide_open()
    assert len(bridge.receipts()) == 1, bridge.rows()[-1].reason


def test_a_worker_takes_a_change_up_by_itself_within_seconds(desk: Desk, manager: Browser, bridge: Bridge) -> None:
    assert bridge.services.in_force() is bridge.services
    change(manager, "shift_close_at", "22:45")
    wait_until(
        lambda: bridge.services.in_force().settings.shift_close_at == "22:45", timeout=60, what="the change", poll=0.2
    )


def test_between_two_looks_nothing_is_asked(desk: Desk, bridge: Bridge) -> None:
    bridge.services.live.refresh()
    with note_statements(bridge.services) as seen:
        bridge.services.in_force()
    assert seen == []


def test_what_does_not_fit_any_more_is_left_to_the_environment(desk: Desk, bridge: Bridge) -> None:
    add(desk, ChangedSetting(name="shift_close_at", value="25:00"))
    add(desk, ChangedSetting(name="of_another_version", value="x"))
    add(desk, ChangedSetting(name="tips", value="на чай"))
    settings = bridge.services.live.refresh()
    assert (settings.shift_close_at, settings.tips) == ("23:50", "на чай")
