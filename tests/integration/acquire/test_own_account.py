"""What everybody may do to their own account, and to nobody else's: password, sessions, their limits, the trail."""

import pytest

from shared.storage.models import AuditEvent, StaffSession
from tests.integration.acquire.test_signing_in import is_in, sign_in
from tests.support.desk import PASSWORD, Browser, Desk

NEW = "another horse entirely"


def change(browser: Browser, **fields: str) -> int:
    typed = {"current": PASSWORD, "new": NEW, "again": NEW, **fields}
    return int(browser.submit("/acquire/account/password", typed).status_code)


def test_everybody_changes_their_own_password_and_all_other_sessions_end(desk: Desk, cashier: Browser) -> None:
    other = desk.sign_in("aigul")
    stolen = str(cashier.cookies["acquire_session"])
    assert change(cashier) == 303
    assert is_in(cashier), "this browser stays, with a new session"
    assert not is_in(other)
    thief = desk.browser()
    thief.cookies.set("acquire_session", stolen)
    assert not is_in(thief), "of the token of before"
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 401
    assert sign_in(desk.browser(), "aigul", NEW) == 303
    assert "password_changed" in [event.action for event in desk.all(AuditEvent)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"current": "wrong"}, "current"),
        ({"again": "something else entirely"}, "again"),
        ({"new": "short", "again": "short"}, "new"),
        ({"new": "qwertyuiop12", "again": "qwertyuiop12"}, "new"),
        ({"new": "aigul-aigul-aigul", "again": "aigul-aigul-aigul"}, "new"),
    ],
)
def test_what_is_wrong_with_a_new_password_is_said_beside_its_field(
    desk: Desk, cashier: Browser, fields: dict[str, str], field: str
) -> None:
    typed = {"current": PASSWORD, "new": NEW, "again": NEW, **fields}
    answer = cashier.submit("/acquire/account/password", typed)
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    assert NEW not in answer.text
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 303


def test_whoever_finds_a_tablet_unlocked_guesses_five_times_and_locks_nobody_out(desk: Desk, cashier: Browser) -> None:
    for _ in range(5):
        assert change(cashier, current="wrong") == 422
    answer = cashier.submit("/acquire/account/password", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert answer.status_code == 422
    assert "повторите через 15 минут" in answer.text
    assert sign_in(desk.browser(), "aigul", PASSWORD) == 303


def test_own_sessions_are_listed_with_device_address_and_last_use(desk: Desk) -> None:
    desk.add_user("aigul")
    desk.add_user("dana")
    desk.sign_in("dana")
    phone = desk.browser()
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
    phone.headers["user-agent"] = agent
    assert sign_in(phone, "aigul", PASSWORD) == 303
    page = desk.sign_in("aigul").page("/acquire/account")
    assert page.count("последнее действие") == 2
    assert "Chrome · Android" in page
    assert "testclient" in page
    assert page.count(">этот<") == 1


def test_one_session_is_ended_or_all_others(desk: Desk, cashier: Browser) -> None:
    others = [desk.sign_in("aigul") for _ in range(3)]
    first = desk.all(StaffSession)[1].id
    assert cashier.submit(f"/acquire/account/sessions/{first}/end").status_code == 303
    assert [is_in(one) for one in others] == [False, True, True]
    assert cashier.submit("/acquire/account/sessions/end").status_code == 303
    assert [is_in(one) for one in others] == [False, False, False]
    assert is_in(cashier)
    ended = [event.details["ended"] for event in desk.all(AuditEvent) if event.action == "sessions_ended"]
    assert ended == [1, 2]


def test_nobody_ends_the_session_of_another_account(desk: Desk, cashier: Browser, manager: Browser) -> None:
    sessions = {session.staff_user_id: session.id for session in desk.all(StaffSession)}
    assert manager.submit(f"/acquire/account/sessions/{sessions[1]}/end").status_code == 404
    assert manager.submit("/acquire/account/sessions/end").status_code == 303
    assert is_in(cashier)


@pytest.mark.parametrize(
    ("role", "minutes", "is_good"),
    [("cashier", 119, True), ("cashier", 121, False), ("manager", 59, True), ("manager", 61, False)],
)
def test_idle_limits_are_by_role(desk: Desk, role: str, minutes: int, is_good: bool) -> None:
    desk.add_user("somebody", role=role)
    browser = desk.sign_in("somebody")
    desk.execute(f"UPDATE staff_sessions SET last_seen_at = now() - interval '{minutes} minutes'")
    assert is_in(browser) is is_good


def test_limits_are_settings(desk: Desk) -> None:
    limits = {"manager_idle_minutes": 5, "manager_session_hours": 1, "cashier_session_hours": 3}
    with Desk.open(desk.environment, **limits) as strict:
        for login, role in (("dana", "manager"), ("aigul", "cashier")):
            strict.add_user(login, role)
        browser = strict.sign_in("dana")
        strict.sign_in("aigul")
        hours = [(one.expires_at - one.created_at).total_seconds() / 3600 for one in strict.all(StaffSession)]
        assert [round(one, 1) for one in hours] == [1, 3]
        desk.execute("UPDATE staff_sessions SET last_seen_at = now() - interval '6 minutes'")
        assert not is_in(browser)


def test_every_event_of_the_page_tells_its_address(desk: Desk, cashier: Browser, manager: Browser) -> None:
    sign_in(desk.browser(), "aigul", "wrong")
    sign_in(desk.browser(), "nobody", "wrong")
    change(cashier)
    cashier.pay(desk.add_visit().id)
    cashier.submit("/acquire/logout")
    manager.submit("/acquire/account/sessions/end")
    events = desk.all(AuditEvent)
    assert {event.action for event in events} >= {"signed_in", "signed_out", "sign_in_failed", "payment_taken"}
    assert {event.address for event in events} == {"testclient"}
    assert "testclient" in manager.page("/acquire/audit")
