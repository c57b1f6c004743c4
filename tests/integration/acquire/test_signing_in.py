"""Who gets in, for how long, and who does not."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.demo.children import ROOT
from shared.storage.models import AuditEvent, SignInAttempt, StaffSession, StaffUser
from tests.support.desk import PASSWORD, Browser, Desk
from tests.support.warm import start as warm

COOKIE = "acquire_session"


def sign_in(browser: Browser, login: str, password: str, **fields: str) -> int:
    answer = browser.submit("/acquire/login", {"login": login, "password": password, **fields})
    return int(answer.status_code)


def is_in(browser: Browser) -> bool:
    answer = browser.get("/acquire")
    assert answer.status_code in (200, 303)
    return bool(answer.status_code == 200)


def users(desk: Desk, *arguments: str, password: str | None = None) -> "subprocess.CompletedProcess[str]":
    typed = ["--password-stdin"] if password is not None else []
    command = [sys.executable, "-m", "api.acquire.users", *arguments, *typed]
    return warm.run(command, env=desk.environment, cwd=ROOT, said=f"{password}\n" if password else "")


def test_the_right_password_opens_the_page_and_the_cookie_is_safe(desk: Desk) -> None:
    desk.add_user("aigul")
    browser = desk.browser()
    assert not is_in(browser)
    answer = browser.submit("/acquire/login", {"login": " AIGUL ", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/acquire")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/acquire" in cookie
    assert "Secure" not in cookie
    assert is_in(browser)
    assert "aigul" in browser.page("/acquire")


def test_over_https_cookies_are_secure(desk: Desk) -> None:
    desk.add_user("aigul")
    browser = desk.browser("https://127.0.0.1")
    answer = browser.submit("/acquire/login", {"login": "aigul", "password": PASSWORD})
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(("login", "password"), [("aigul", "wrong"), ("nobody", PASSWORD), ("", ""), ("aigul", "")])
def test_wrong_sign_ins_all_look_the_same(desk: Desk, login: str, password: str) -> None:
    desk.add_user("aigul")
    browser = desk.browser()
    answer = browser.submit("/acquire/login", {"login": login, "password": password})
    assert answer.status_code == 401
    assert "Неверный логин или пароль" in answer.text
    assert not is_in(browser)


def test_only_a_hash_of_the_session_is_stored(desk: Desk, cashier: Browser) -> None:
    token = str(cashier.cookies[COOKIE]).partition(".")[0]
    (session,) = desk.all(StaffSession)
    assert len(session.token_hash) == 64
    assert token not in session.token_hash
    assert desk.get(StaffUser, 1).password_hash.startswith("$argon2id$")


def test_five_failures_close_the_account_for_a_quarter_of_an_hour(desk: Desk) -> None:
    desk.add_user("aigul")
    browser = desk.browser()
    for _ in range(5):
        assert sign_in(browser, "aigul", "wrong") == 401
    assert sign_in(browser, "aigul", PASSWORD) == 401
    desk.execute("UPDATE sign_in_attempts SET locked_until = now() - interval '1 second'")
    assert sign_in(browser, "aigul", "wrong") == 401
    assert sign_in(browser, "aigul", PASSWORD) == 303
    assert desk.all(SignInAttempt) == []
    assert "sign_in_locked" in [event.action for event in desk.all(AuditEvent)]


def test_four_failures_and_a_success_start_the_count_anew(desk: Desk) -> None:
    desk.add_user("aigul")
    for _ in range(2):
        browser = desk.browser()
        for _ in range(4):
            assert sign_in(browser, "aigul", "wrong") == 401
        assert sign_in(browser, "aigul", PASSWORD) == 303


def test_guesses_sent_all_at_once_get_no_more_than_five_looks(desk: Desk) -> None:
    """Fourteen wrong ones and the right one at the end of the queue: the lock is shut before it is looked at."""
    desk.add_user("aigul")
    browsers = [desk.browser() for _ in range(15)]
    tokens = [browser.form_token() for browser in browsers]

    def guess(number: int) -> int:
        fields = {"form_token": tokens[number], "login": "aigul", "password": f"guess {number}"}
        return int(browsers[number].post("/acquire/login", data=fields).status_code)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(guess, range(15))) == {401}
    failures = [event for event in desk.all(AuditEvent) if event.action.startswith("sign_in_")]
    assert len(failures) == 5
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 401


def test_a_planted_session_is_not_taken_over(desk: Desk) -> None:
    """Fixation: whatever the browser carried before, signing in gives it a new token."""
    desk.add_user("aigul")
    desk.add_user("mallory")
    planted = str(desk.sign_in("mallory").cookies[COOKIE])
    browser = desk.browser()
    token = browser.form_token()
    browser.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/acquire")
    refused = browser.post("/acquire/login", data={"form_token": token, "login": "aigul", "password": PASSWORD})
    assert refused.status_code == 403
    victim = desk.sign_in("aigul")
    assert str(victim.cookies[COOKIE]) != planted
    again = victim.submit("/acquire/login", {"login": "aigul", "password": PASSWORD})
    assert again.status_code == 303
    assert len({session.token_hash for session in desk.all(StaffSession)}) == 3


@pytest.mark.parametrize("planted", ["{known}x", "x{known}", "", ".", "a.b", "\xe9.\xe9"])
def test_a_cookie_that_was_tampered_with_opens_nothing(desk: Desk, cashier: Browser, planted: str) -> None:
    value = planted.format(known=cashier.cookies[COOKIE])
    answer = desk.browser().get("/acquire", headers={"cookie": f"{COOKIE}={value}".encode("latin-1")})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("column", "age", "is_good"),
    [
        ("last_seen_at", "119 minutes", True),
        ("last_seen_at", "121 minutes", False),
    ],
)
def test_a_session_ends_two_hours_after_its_last_use(
    desk: Desk, cashier: Browser, column: str, age: str, is_good: bool
) -> None:
    desk.execute(f"UPDATE staff_sessions SET {column} = now() - interval '{age}'")
    assert is_in(cashier) is is_good


def test_a_session_ends_twelve_hours_after_sign_in_however_busy(desk: Desk, cashier: Browser) -> None:
    (session,) = desk.all(StaffSession)
    assert 11.9 < (session.expires_at - session.created_at).total_seconds() / 3600 < 12.1
    desk.execute("UPDATE staff_sessions SET expires_at = now() - interval '1 second'")
    assert not is_in(cashier)


def test_use_keeps_a_session_alive(desk: Desk, cashier: Browser) -> None:
    desk.execute("UPDATE staff_sessions SET last_seen_at = now() - interval '90 minutes'")
    assert is_in(cashier)
    (session,) = desk.all(StaffSession)
    desk.execute("UPDATE staff_sessions SET last_seen_at = last_seen_at - interval '90 minutes'")
    assert desk.all(StaffSession)[0].last_seen_at < session.last_seen_at
    assert is_in(cashier)


def test_signing_out_deletes_the_session(desk: Desk, cashier: Browser) -> None:
    stolen = str(cashier.cookies[COOKIE])
    assert cashier.submit("/acquire/logout").status_code == 303
    assert desk.all(StaffSession) == []
    thief = desk.browser()
    thief.cookies.set(COOKIE, stolen)
    assert not is_in(thief)


def test_disabling_ends_every_session_and_enabling_lets_in_again(desk: Desk, cashier: Browser) -> None:
    other = desk.sign_in("aigul")
    assert users(desk, "disable", "aigul").returncode == 0
    assert desk.all(StaffSession) == []
    assert not is_in(cashier)
    assert not is_in(other)
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 401
    assert users(desk, "enable", "aigul").returncode == 0
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 303


def test_a_disabled_account_is_out_even_if_its_session_was_left(desk: Desk, cashier: Browser) -> None:
    desk.execute("UPDATE staff_users SET disabled_at = now()")
    assert not is_in(cashier)


def test_the_command_line_adds_lists_and_resets(desk: Desk) -> None:
    added = users(desk, "add", "Dana", "--role", "manager", password="long enough now")
    assert (added.returncode, added.stdout) == (0, "added dana (manager)\n")
    assert users(desk, "add", "dana", password="long enough now").returncode == 1
    assert users(desk, "add", "short", password="11 letters.").returncode == 1
    assert users(desk, "add", "two words", password="long enough now").returncode == 1
    assert users(desk, "disable", "nobody").returncode == 1
    assert users(desk, "list").stdout == "dana\tmanager\tactive\n"
    browser = desk.browser()
    assert sign_in(browser, "dana", "long enough now") == 303
    for _ in range(5):
        sign_in(desk.browser(), "dana", "wrong")
    assert users(desk, "list").stdout == "dana\tmanager\tlocked\n"
    assert users(desk, "reset", "dana", password="another one altogether").returncode == 0
    assert not is_in(browser)
    assert sign_in(desk.browser(), "dana", "long enough now") == 401
    assert sign_in(desk.browser(), "dana", "another one altogether") == 303
    assert [e.action for e in desk.all(AuditEvent) if e.staff_user_id is None] == ["user_added", "password_reset"]


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/acquire/visits/17", "/acquire/visits/17"),
        ("/acquire/visits/17/progress", "/acquire/visits/17/progress"),
        ("/acquire/receipts/3/return", "/acquire/receipts/3/return"),
        ("//evil.example", "/acquire"),
        ("https://evil.example/acquire", "/acquire"),
        ("/acquire/../docs", "/acquire"),
        ("/acquire\r\nX: y", "/acquire"),
        ("/acquire/logout", "/acquire"),
    ],
)
def test_after_sign_in_one_is_where_one_wanted_to_be_but_never_elsewhere(desk: Desk, wanted: str, place: str) -> None:
    desk.add_user("aigul")
    browser = desk.browser()
    answer = browser.submit("/acquire/login", {"login": "aigul", "password": PASSWORD, "next": wanted})
    assert answer.headers["location"] == place


def test_without_a_session_pages_send_to_sign_in_and_polls_say_so(desk: Desk) -> None:
    browser = desk.browser()
    answer = browser.get("/acquire/visits/17")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/login?next=/acquire/visits/17")
    assert browser.get("/acquire/visits/17/state").status_code == 401
    assert browser.get("/acquire/states?ids=1").status_code == 401


def test_without_a_secret_key_only_the_payment_page_is_closed(desk: Desk) -> None:
    with Desk.open(desk.environment, secret_key="") as closed:
        answer = closed.browser().get("/acquire/login")
        assert answer.status_code == 503
        assert "SECRET_KEY" in answer.text
        assert closed.browser().get("/health").status_code == 200
    with Desk.open(desk.environment, secret_key="", debug=True) as open_desk:
        assert open_desk.browser().get("/acquire/login").status_code == 200


def test_many_sign_ins_at_once_all_get_in(desk: Desk) -> None:
    """Passwords are checked four at a time; nobody is turned away for that."""
    for number in range(12):
        desk.add_user(f"staff{number}")
    gate = threading.Barrier(12)

    def enter(number: int) -> int:
        browser = desk.browser()
        token = browser.form_token()
        gate.wait(20)
        fields = {"form_token": token, "login": f"staff{number}", "password": PASSWORD}
        return int(browser.post("/acquire/login", data=fields).status_code)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(enter, range(12))) == [303] * 12
