"""A manager's second factor: opted into, asked for after the password, each code once, recovery codes for a lost phone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from pyotp import TOTP

from api.acquire.account.second_factor import STEP_SECONDS
from shared.clock import clock, utc_now
from shared.storage.models import AuditEvent, StaffRecoveryCode, StaffSession, StaffUser
from tests.integration.acquire.test_signing_in import is_in, users
from tests.support.desk import PASSWORD, Browser, Desk, read_hidden

PAGE = "/acquire/account/second-factor"


def code_of(secret: str, steps: int = 0) -> str:
    """Of the present half minute, or of one so many later."""
    return str(TOTP(secret).generate_otp(int(utc_now().timestamp()) // STEP_SECONDS + steps))


def begin(browser: Browser) -> tuple[str, str]:
    page = browser.submit(PAGE, {"current": PASSWORD})
    assert page.status_code == 200, page.text
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    assert found
    assert 'class="qr"' in page.text
    return found.group(1), read_hidden(page.text)["sealed"]


def set_up(desk: Desk, browser: Browser) -> tuple[str, list[str]]:
    """Returns the secret and the recovery codes; the code that confirmed it is taken back, for tests within its minute."""
    secret, sealed = begin(browser)
    confirmed = browser.submit(f"{PAGE}/confirm", {"sealed": sealed, "code": code_of(secret)})
    assert confirmed.status_code == 200, confirmed.text
    desk.execute("UPDATE staff_users SET totp_step = totp_step - 10")
    return secret, re.findall(r"<code>([0-9a-f]{8}-[0-9a-f]{8})</code>", confirmed.text)


def type_password(browser: Browser, login: str = "dana") -> str:
    """Returns the ticket of the second step."""
    answer = browser.submit("/acquire/login", {"login": login, "password": PASSWORD})
    assert (answer.status_code, "set-cookie" in answer.headers and "session" in answer.headers["set-cookie"]) == (200, False)
    return read_hidden(answer.text)["ticket"]


def type_code(browser: Browser, ticket: str, code: str) -> int:
    return int(browser.submit("/acquire/login", {"ticket": ticket, "code": code}).status_code)


def test_after_the_password_the_code_is_asked_for(desk: Desk, manager: Browser) -> None:
    secret, _ = set_up(desk, manager)
    browser = desk.browser()
    ticket = type_password(browser)
    assert not is_in(browser)
    assert type_code(browser, ticket, code_of(secret)) == 303
    assert is_in(browser)
    assert desk.all(AuditEvent)[-1].details == {"second_factor": True}


def test_without_it_the_password_alone_signs_in(desk: Desk, manager: Browser) -> None:
    begin(manager)
    assert is_in(desk.sign_in("dana")), "what was shown and not confirmed is not in force"


def test_a_code_works_once(desk: Desk, manager: Browser) -> None:
    secret, _ = set_up(desk, manager)
    code = code_of(secret)
    first, second = desk.browser(), desk.browser()
    tickets = type_password(first), type_password(second)
    assert type_code(first, tickets[0], code) == 303
    assert type_code(second, tickets[1], code) == 401


@pytest.mark.parametrize(("steps", "status"), [(-1, 303), (0, 303), (1, 303), (-4, 401), (4, 401)])
def test_a_clock_may_be_half_a_minute_wrong(desk: Desk, manager: Browser, steps: int, status: int) -> None:
    secret, _ = set_up(desk, manager)
    browser = desk.browser()
    # One step more where the half minute ends between the two lines.
    codes = [code_of(secret, steps), code_of(secret, steps + (1 if steps < 0 else 0))]
    ticket = type_password(browser)
    assert status in {type_code(browser, ticket, code) for code in codes[: 2 if status == 303 else 1]}


def test_recovery_codes_are_shown_once_and_work_once(desk: Desk, manager: Browser) -> None:
    _, codes = set_up(desk, manager)
    assert len(set(codes)) == 10
    assert not any(code in manager.page("/acquire/account") for code in codes)
    assert not any(code in row.code_hash for code in codes for row in desk.all(StaffRecoveryCode))
    browser = desk.browser()
    assert type_code(browser, type_password(browser), f" {codes[3].upper()} ") == 303
    other = desk.browser()
    assert type_code(other, type_password(other), codes[3]) == 401
    assert len(desk.all(StaffRecoveryCode)) == 9


def test_five_wrong_codes_close_the_second_step_for_strangers_alone(desk: Desk, manager: Browser) -> None:
    secret, _ = set_up(desk, manager)
    stranger = desk.browser()
    ticket = type_password(stranger)
    assert [type_code(stranger, ticket, "000000") for _ in range(5)] == [401] * 5
    assert type_code(stranger, ticket, code_of(secret)) == 401
    manager.submit("/acquire/logout")
    assert type_code(manager, type_password(manager), code_of(secret)) == 303
    failed = [event for event in desk.all(AuditEvent) if event.action == "second_factor_failed"]
    assert len(failed) == 5


@pytest.mark.parametrize("change", ["disabled_at = now()", "password_hash = 'x'", "totp_sealed = NULL"])
def test_a_ticket_is_worth_nothing_after_a_change_of_the_account(desk: Desk, manager: Browser, change: str) -> None:
    secret, _ = set_up(desk, manager)
    browser = desk.browser()
    ticket = type_password(browser)
    desk.execute(f"UPDATE staff_users SET {change}")
    assert type_code(browser, ticket, code_of(secret)) == 401
    assert not is_in(browser)


@pytest.mark.parametrize("ticket", ["x", "1.9999999999.aa", "1.9999999999.aa.bb", "."])
def test_a_ticket_that_somebody_made_up_opens_nothing(desk: Desk, manager: Browser, ticket: str) -> None:
    secret, _ = set_up(desk, manager)
    assert type_code(desk.browser(), ticket, code_of(secret)) == 401


def test_a_ticket_ends_after_five_minutes(desk: Desk, manager: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _ = set_up(desk, manager)
    browser = desk.browser()
    ticket = type_password(browser)
    monkeypatch.setattr(clock, "ahead", timedelta(minutes=6))
    assert type_code(browser, ticket, code_of(secret)) == 401


def test_after_a_change_of_the_key_recovery_codes_sign_in(desk: Desk, manager: Browser) -> None:
    secret, codes = set_up(desk, manager)
    desk.execute("UPDATE staff_users SET totp_sealed = 'sealed with a key that is gone'")
    browser = desk.browser()
    ticket = type_password(browser)
    assert type_code(browser, ticket, code_of(secret)) == 401
    assert type_code(browser, ticket, codes[0]) == 303


def test_it_is_sealed_with_the_key_that_the_page_has_in_containers_too(desk: Desk, manager: Browser) -> None:
    """There workers alone are told CREDENTIALS_KEY."""
    secret, _ = set_up(desk, manager)
    with Desk.open(desk.environment, credentials_key="a key that workers alone have") as other:
        browser = other.browser()
        assert type_code(browser, type_password(browser), code_of(secret)) == 303


def test_the_password_is_asked_for_before_anything_changes(desk: Desk, manager: Browser) -> None:
    for path in (PAGE, f"{PAGE}/remove"):
        answer = manager.submit(path, {"current": "wrong"})
        assert answer.status_code == 422
        assert 'id="fault-current"' in answer.text
    _, sealed = begin(manager)
    wrong = manager.submit(f"{PAGE}/confirm", {"sealed": sealed, "code": "000000"})
    assert wrong.status_code == 422
    assert 'id="fault-code"' in wrong.text
    assert desk.get(StaffUser, 1).totp_sealed is None


def test_a_secret_shown_to_one_is_of_no_use_to_another(desk: Desk, manager: Browser) -> None:
    desk.add_user("erlan", role="manager")
    secret, sealed = begin(manager)
    erlan = desk.sign_in("erlan")
    assert erlan.submit(f"{PAGE}/confirm", {"sealed": sealed, "code": code_of(secret)}).status_code == 409
    assert erlan.submit(f"{PAGE}/confirm", {"sealed": "x", "code": code_of(secret)}).status_code == 409


def test_the_secret_is_sealed_in_the_database(desk: Desk, manager: Browser) -> None:
    secret, _ = set_up(desk, manager)
    assert secret not in str(desk.get(StaffUser, 1).totp_sealed)


def test_it_is_taken_away_by_its_owner_or_on_the_command_line(desk: Desk, manager: Browser) -> None:
    set_up(desk, manager)
    assert manager.submit(f"{PAGE}/remove", {"current": PASSWORD}).status_code == 303
    assert is_in(desk.sign_in("dana"))
    set_up(desk, manager)
    assert users(desk, "no-second-factor", "dana").stdout == "dana has no second factor\n"
    assert desk.all(StaffSession) == desk.all(StaffRecoveryCode) == []
    assert is_in(desk.sign_in("dana"))


def test_it_is_for_managers(cashier: Browser) -> None:
    assert cashier.submit(PAGE, {"current": PASSWORD}).status_code == 403


def test_a_setting_demands_it_of_managers(desk: Desk) -> None:
    with Desk.open(desk.environment, managers_need_second_factor=True) as strict:
        strict.add_user("dana", role="manager")
        strict.add_user("aigul")
        assert is_in(strict.sign_in("aigul"))
        dana = strict.sign_in("dana")
        for path in ("/acquire", "/acquire/audit", "/acquire/books"):
            sent: Any = dana.get(path)
            assert (sent.status_code, sent.headers["location"]) == (303, "/acquire/account")
        assert dana.get("/acquire/states").status_code == 401
        token = read_hidden(dana.page("/acquire/account"))["form_token"]
        assert dana.post("/acquire", data={"form_token": token}).headers["location"] == "/acquire/account"
        page = dana.post(PAGE, data={"form_token": token, "current": PASSWORD}).text
        secret, hidden = re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0], read_hidden(page)
        answer = dana.post(f"{PAGE}/confirm", data={**hidden, "code": code_of(secret)})
        assert answer.status_code == 200
        assert is_in(dana)
        assert "/second-factor/remove" not in dana.page("/acquire/account")
