"""Strangers at the door: they lock nobody out, learn nothing of who exists, and fill no queue."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from api.acquire.access.passwords import PLACES, STRANGERS_PLACES, stand_in_line
from shared.storage.models import AuditEvent, SignInAttempt, StaffDevice
from tests.integration.acquire.test_signing_in import is_in, sign_in, users
from tests.support.desk import PASSWORD, Browser, Desk

# What the api looks at now and then, whoever signs in: addresses of salons, settings, and what has changed for the stream.
LOOKED_AT = ("webhook_addresses", "FROM changed_settings", "FROM cashbox_orders")


@contextmanager
def note_statements(desk: Desk) -> Iterator[list[str]]:
    """What the database is asked and told, commits with it."""
    seen: list[str] = []
    engine = desk.sessions.kw["bind"]

    def execute(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not any(place in statement for place in LOOKED_AT):
            seen.append(statement)

    def commit(_: Any) -> None:
        seen.append("COMMIT")

    event.listen(engine, "before_cursor_execute", execute)
    event.listen(engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", execute)
        event.remove(engine, "commit", commit)


def guess(desk: Desk, login: str, times: int, browser: Browser | None = None) -> None:
    for _ in range(times):
        assert sign_in(browser or desk.browser(), login, "wrong") == 401


def test_a_stranger_cannot_lock_a_known_device_out(desk: Desk) -> None:
    desk.add_user("aigul")
    tablet = desk.sign_in("aigul")
    assert tablet.submit("/acquire/logout").status_code == 303
    guess(desk, "aigul", 8)
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 401, "strangers are locked out, together"
    assert sign_in(tablet, "aigul", PASSWORD) == 303


def test_a_known_device_has_no_more_guesses_than_a_stranger(desk: Desk) -> None:
    desk.add_user("aigul")
    tablet = desk.sign_in("aigul")
    tablet.submit("/acquire/logout")
    guess(desk, "aigul", 5, tablet)
    assert sign_in(tablet, "aigul", PASSWORD) == 401
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 303, "its lock is its own"


def test_one_tablet_is_known_to_all_who_signed_in_on_it_and_to_nobody_else(desk: Desk) -> None:
    for login in ("aigul", "dana", "omar"):
        desk.add_user(login)
    tablet = desk.sign_in("aigul")
    tablet.submit("/acquire/logout")
    assert sign_in(tablet, "dana", PASSWORD) == 303
    tablet.submit("/acquire/logout")
    assert len({device.device_hash for device in desk.all(StaffDevice)}) == 1
    guess(desk, "aigul", 5)
    guess(desk, "omar", 5)
    assert sign_in(tablet, "omar", PASSWORD) == 401
    assert sign_in(tablet, "aigul", PASSWORD) == 303


def test_a_device_that_somebody_made_up_is_a_strangers(desk: Desk) -> None:
    desk.add_user("aigul")
    guess(desk, "aigul", 5)
    browser = desk.browser()
    browser.cookies.set("acquire_device", "x.y", domain="127.0.0.1", path="/acquire")
    assert sign_in(browser, "aigul", PASSWORD) == 401


def test_a_new_password_makes_every_device_a_strangers(desk: Desk) -> None:
    desk.add_user("aigul")
    desk.sign_in("aigul")
    assert users(desk, "reset", "aigul", password="another one altogether").returncode == 0
    assert desk.all(StaffDevice) == []


@pytest.mark.parametrize("guesses_before", [0, 4, 5])
def test_a_login_nobody_has_costs_the_same_statements_and_commits(desk: Desk, guesses_before: int) -> None:
    desk.add_user("aigul")
    seen = {}
    for login in ("aigul", "nobody"):
        guess(desk, login, guesses_before)
        browser = desk.browser()
        token = browser.form_token()
        # Kept for a moment, which may be over for one of them alone.
        desk.app.state.frames.forget()  # type: ignore[attr-defined]
        with note_statements(desk) as seen[login]:
            fields = {"form_token": token, "login": login, "password": "wrong"}
            assert browser.post("/acquire/login", data=fields).status_code == 401
    assert seen["aigul"] == seen["nobody"]
    assert "COMMIT" in seen["aigul"]


def test_failures_of_logins_nobody_has_are_in_the_trail_without_the_login(desk: Desk, manager: Browser) -> None:
    guess(desk, "my secret password", 5)
    failed = [event for event in desk.all(AuditEvent) if event.action.startswith("sign_in_")]
    assert [event.action for event in failed] == ["sign_in_failed"] * 4 + ["sign_in_locked"]
    assert {event.staff_user_id for event in failed} == {None}
    assert "my secret password" not in manager.page("/acquire/audit")
    assert "неизвестный логин" in manager.page("/acquire/audit")
    assert all("secret" not in row.login_hash for row in desk.all(SignInAttempt))


def test_attempts_of_yesterday_are_forgotten(desk: Desk) -> None:
    guess(desk, "nobody", 1)
    desk.execute("UPDATE sign_in_attempts SET tried_at = now() - interval '25 hours'")
    guess(desk, "somebody", 1)
    assert len(desk.all(SignInAttempt)) == 1


def test_more_than_a_few_waiting_sign_ins_are_sent_away_at_once(desk: Desk) -> None:
    desk.add_user("aigul")
    tablet = desk.sign_in("aigul")
    tablet.submit("/acquire/logout")
    stranger = desk.browser()
    tokens = {browser: browser.form_token() for browser in (tablet, stranger)}

    def post(browser: Browser) -> Any:
        fields = {"form_token": tokens[browser], "login": "aigul", "password": PASSWORD}
        return browser.post("/acquire/login", data=fields)

    with ExitStack() as crowd:
        for _ in range(STRANGERS_PLACES):
            crowd.enter_context(stand_in_line(is_known=False))
        with note_statements(desk) as seen:
            refused = post(stranger)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        assert "Сейчас входит слишком много людей" in refused.text
        assert seen == [], "it costs nothing"
        for _ in range(PLACES - STRANGERS_PLACES):
            crowd.enter_context(stand_in_line(is_known=True))
        assert post(tablet).status_code == 429
    assert post(tablet).status_code == 303


def test_a_flood_of_strangers_leaves_places_to_known_devices(desk: Desk) -> None:
    desk.add_user("aigul")
    tablet = desk.sign_in("aigul")
    tablet.submit("/acquire/logout")
    with ExitStack() as crowd:
        for _ in range(STRANGERS_PLACES):
            crowd.enter_context(stand_in_line(is_known=False))
        assert sign_in(tablet, "aigul", PASSWORD) == 303


def test_a_flood_of_sign_ins_is_answered_and_the_page_lives_on(desk: Desk, cashier: Browser) -> None:
    browsers = [desk.browser() for _ in range(40)]
    tokens = [browser.form_token() for browser in browsers]
    gate = threading.Barrier(40)

    def enter(number: int) -> int:
        gate.wait(20)
        fields = {"form_token": tokens[number], "login": f"nobody{number}", "password": "x"}
        return int(browsers[number].post("/acquire/login", data=fields).status_code)

    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(enter, range(40))) <= {401, 429}
    assert is_in(cashier)
