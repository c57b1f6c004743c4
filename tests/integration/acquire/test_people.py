"""Managers look after accounts: of their salons alone, never down to nobody, by the rules of the command line."""

import re
import threading
from typing import Any

import pytest

from shared.storage.models import AuditEvent, StaffSalon, StaffSession, StaffUser
from tests.integration.acquire.test_signing_in import is_in, sign_in, users
from tests.support.desk import COMPANY, PASSWORD, Browser, Desk, read_hidden

OTHER = 990077
NEW = "another horse entirely"
_SHOWN = re.compile(r'<output id="one-time">([^<]+)</output>')


def add(browser: Browser, **fields: str) -> Any:
    return browser.submit("/acquire/people", {"login": "omar", "role": "cashier", "everywhere": "1", **fields})


def read_password(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    shown = _SHOWN.search(answer.text)
    assert shown is not None
    return shown[1]


def find(desk: Desk, login: str) -> StaffUser:
    (user,) = [user for user in desk.all(StaffUser) if user.login == login]
    return user


def actions(desk: Desk) -> list[str]:
    return [event.action for event in desk.all(AuditEvent) if event.action not in ("signed_in", "signed_out")]


def act(browser: Browser, user_id: int, deed: str, **fields: str) -> int:
    return int(browser.submit(f"/acquire/people/{user_id}/{deed}", fields).status_code)


@pytest.fixture
def second(desk: Desk) -> int:
    """Another manager of all salons, so that the first is not the last."""
    return desk.add_user("saule", role="manager")


def test_a_made_password_is_shown_once_and_changed_at_the_first_sign_in(desk: Desk, manager: Browser) -> None:
    answer = add(manager, name="  Омар   Ахметов ")
    password = read_password(answer)
    assert answer.headers["cache-control"] == "no-store"
    user = find(desk, "omar")
    assert (user.name, user.role, user.all_salons, user.password_is_temporary) == ("Омар Ахметов", "cashier", True, True)
    assert password not in manager.page(f"/acquire/people/{user.id}") + manager.page("/acquire/people")
    assert all(password not in str(event.details) for event in desk.all(AuditEvent))

    browser = desk.browser()
    assert sign_in(browser, "omar", password) == 303
    for path in ("/acquire", "/acquire/drawer", "/acquire/settings"):
        assert browser.get(path).headers["location"] == "/acquire/account", path
    assert "Придумайте свой" in browser.page("/acquire/account")
    for new, status in ((password, 422), (NEW, 303)):
        token = read_hidden(browser.page("/acquire/account"))["form_token"]
        fields = {"form_token": token, "current": password, "new": new, "again": new}
        assert browser.post("/acquire/account/password", data=fields).status_code == status
    assert is_in(browser)
    assert not find(desk, "omar").password_is_temporary
    assert sign_in(desk.browser(), "omar", password) == 401


def test_made_passwords_are_all_different_and_long(desk: Desk, manager: Browser) -> None:
    made = {read_password(add(manager, login=f"omar{number}")) for number in range(3)}
    assert len(made) == 3
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", password) for password in made)


def test_a_typed_password_opens_everything_at_once(desk: Desk, manager: Browser) -> None:
    assert add(manager, password=NEW).status_code == 303
    browser = desk.browser()
    assert sign_in(browser, "omar", NEW) == 303
    assert is_in(browser)
    assert actions(desk) == ["user_added"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"login": ""}, "login"),
        ({"login": "two words"}, "login"),
        ({"login": "DANA"}, "login"),
        ({"role": "owner"}, "role"),
        ({"everywhere": ""}, "salons"),
        ({"everywhere": "", "salon_x": "1"}, "salons"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_typed_is_lost(
    desk: Desk, manager: Browser, fields: dict[str, str], field: str
) -> None:
    answer = add(manager, name="Омар Ахметов", **fields)
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    assert "Омар Ахметов" in answer.text
    assert "short" not in answer.text
    if field in ("login", "password"):
        assert f'aria-describedby="fault-{field}"' in answer.text
    assert len(desk.all(StaffUser)) == 1
    assert actions(desk) == []


def test_the_list_says_who_is_who(desk: Desk, manager: Browser) -> None:
    desk.add_user("omar", salons=[COMPANY])
    desk.add_user("gone", salons=[])
    desk.execute("UPDATE staff_users SET name = 'Омар Ахметов', totp_sealed = 'x', pin_hash = 'x' WHERE login = 'omar'")
    desk.execute("UPDATE staff_users SET disabled_at = now() WHERE login = 'gone'")
    for _ in range(5):
        sign_in(desk.browser(), "omar", "wrong")
    page = manager.page("/acquire/people")
    words = [
        *("Омар Ахметов", f"салон {COMPANY}", "Кассир", "второй фактор", "временно заблокирован(а)", "ещё не входил(а)"),
        *("доступ закрыт", "нет салона", "это вы", "Управляющий", "все салоны"),
    ]
    assert [word for word in words if word not in page] == []
    assert page.index("Омар Ахметов") < page.index("gone")


def test_every_deed_and_its_line_in_the_trail(desk: Desk, manager: Browser, second: int) -> None:
    user_id = desk.add_user("omar")
    desk.execute("UPDATE staff_users SET totp_sealed = 'x', pin_hash = 'x' WHERE login = 'omar'")
    assert act(manager, user_id, "name", name="Омар") == 303
    assert act(manager, user_id, "role", role="manager") == 303
    assert act(manager, user_id, "salons", **{f"salon_{COMPANY}": "1", f"salon_{OTHER}": "1"}) == 303
    assert act(manager, user_id, "pin") == 303
    user = find(desk, "omar")
    assert (user.name, user.role, user.all_salons, user.pin_hash) == ("Омар", "manager", False, None)
    assert {row.company_id for row in desk.all(StaffSalon)} == {COMPANY, OTHER}
    assert act(manager, user_id, "disable") == 303
    assert find(desk, "omar").disabled_at is not None
    assert act(manager, user_id, "enable") == 303
    assert act(manager, user_id, "second-factor") == 303
    assert sign_in(desk.browser(), "omar", PASSWORD) == 303
    password = read_password(manager.submit(f"/acquire/people/{user_id}/password"))
    assert sign_in(desk.browser(), "omar", PASSWORD) == 401
    assert sign_in(desk.browser(), "omar", password) == 303
    assert act(manager, user_id, "password", password="short") == 422
    assert act(manager, user_id, "password", password=NEW) == 303
    assert not find(desk, "omar").password_is_temporary
    done = [event for event in desk.all(AuditEvent) if event.subject == f"staff {user_id}"]
    assert [event.action for event in done if event.action != "signed_in"] == [
        *("user_renamed", "user_role_changed", "user_placed", "pin_removed", "user_disabled", "user_enabled"),
        *("second_factor_removed", "password_reset", "password_reset"),
    ]
    assert {event.staff_user_id for event in done if event.action != "signed_in"} == {1}
    assert all("Омар" not in str(event.details) for event in done), "no personal data in the trail"
    (changed,) = [event for event in done if event.action == "user_role_changed"]
    assert changed.details == {"before": "cashier", "after": "manager"}


@pytest.mark.parametrize("deed", ["role", "salons", "password", "disable"])
def test_what_changes_rights_ends_the_sessions(desk: Desk, manager: Browser, deed: str) -> None:
    user_id = desk.add_user("omar")
    browser = desk.sign_in("omar")
    fields = {"role": "manager", f"salon_{COMPANY}": "1", "password": NEW}
    assert act(manager, user_id, deed, **fields) == 303
    assert not is_in(browser)
    assert len(desk.all(StaffSession)) == 1


@pytest.mark.parametrize("deed", ["role", "salons", "password", "disable", "second-factor"])
def test_nobody_takes_rights_from_themselves(desk: Desk, manager: Browser, second: int, deed: str) -> None:
    fields = {"role": "cashier", f"salon_{COMPANY}": "1", "password": NEW}
    assert act(manager, 1, deed, **fields) == 409
    user = find(desk, "dana")
    assert (user.role, user.all_salons, user.disabled_at) == ("manager", True, None)
    page = manager.page("/acquire/people/1")
    assert "/acquire/account" in page
    assert "/acquire/people/1/role" not in page


def test_one_may_change_ones_own_name(desk: Desk, manager: Browser) -> None:
    assert act(manager, 1, "name", name="Дана Сапарова") == 303
    assert "Дана Сапарова · dana" in manager.page("/acquire/account")
    assert act(manager, 1, "name", name=" ") == 303
    assert find(desk, "dana").name is None


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("disable", ()), ("role", ("--role", "cashier")), ("salons", ("--company", str(COMPANY)))],
)
def test_the_last_manager_of_all_salons_stays_from_the_command_line_too(
    desk: Desk, manager: Browser, command: str, arguments: tuple[str, ...]
) -> None:
    desk.add_user("narrow", role="manager", salons=[COMPANY])
    gone = desk.add_user("gone", role="manager")
    assert act(manager, gone, "disable") == 303
    refused = users(desk, command, "dana", *arguments)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "last manager of all salons" in refused.stderr
    assert is_in(manager)
    assert act(manager, gone, "enable") == 303
    assert users(desk, command, "dana", *arguments).returncode == 0
    assert not is_in(manager)


def test_of_two_managers_who_disable_each_other_at_once_one_stays(desk: Desk, manager: Browser, second: int) -> None:
    other = desk.sign_in("saule")
    tokens = [browser.form_token() for browser in (manager, other)]
    barrier, codes = threading.Barrier(2), dict[int, int]()

    def disable(browser: Browser, token: str, user_id: int) -> None:
        barrier.wait()
        answer = browser.post(f"/acquire/people/{user_id}/disable", data={"form_token": token})
        codes[user_id] = answer.status_code

    threads = [
        threading.Thread(target=disable, args=(manager, tokens[0], second)),
        threading.Thread(target=disable, args=(other, tokens[1], 1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(codes.values()) == 303
    assert sum(user.disabled_at is None for user in desk.all(StaffUser)) == 1


class TestOfSomeSalons:
    @pytest.fixture
    def narrow(self, desk: Desk, manager: Browser) -> Browser:
        desk.add_user("saltanat", role="manager", salons=[COMPANY])
        return desk.sign_in("saltanat")

    def test_sees_and_manages_those_of_these_salons(self, desk: Desk, narrow: Browser) -> None:
        ours, both = desk.add_user("omar", salons=[COMPANY]), desk.add_user("both", salons=[COMPANY, OTHER])
        theirs = desk.add_user("stranger", salons=[OTHER])
        page = narrow.page("/acquire/people")
        assert ("omar" in page, "both" in page, "stranger" in page, ">dana<" in page) == (True, True, False, False)
        assert act(narrow, ours, "disable") == 303
        assert act(narrow, both, "disable") == 404
        assert "/disable" not in narrow.page(f"/acquire/people/{both}")
        for user_id in (theirs, 1, 999):
            assert narrow.get(f"/acquire/people/{user_id}").status_code == 404
            assert act(narrow, user_id, "password", password=NEW) == 404

    def test_adds_people_there_alone(self, desk: Desk, narrow: Browser) -> None:
        here = {"everywhere": "", f"salon_{COMPANY}": "1", "password": NEW}
        assert add(narrow, **here).status_code == 303
        assert not find(desk, "omar").all_salons
        assert add(narrow, login="spy").status_code == 422
        assert add(narrow, login="spy", **{**here, f"salon_{OTHER}": "1"}).status_code == 422
        assert f'name="salon_{OTHER}"' not in narrow.page("/acquire/people/new")

    def test_cannot_give_away_more_than_they_have(self, desk: Desk, narrow: Browser) -> None:
        ours = desk.add_user("omar", salons=[COMPANY])
        assert act(narrow, ours, "salons", everywhere="1") == 422
        assert act(narrow, ours, "salons", **{f"salon_{OTHER}": "1"}) == 422
        assert act(narrow, ours, "role", role="manager") == 303
        assert not find(desk, "omar").all_salons


def test_the_command_line_renames_and_gives_roles(desk: Desk, second: int) -> None:
    desk.add_user("omar")
    assert users(desk, "rename", "omar", "--name", "Омар").stdout == "omar is called Омар\n"
    assert users(desk, "role", "omar", "--role", "manager").stdout == "omar is a manager\n"
    assert users(desk, "list").stdout == "omar\tmanager\tactive\tОмар\nsaule\tmanager\tactive\n"
    assert actions(desk) == ["user_renamed", "user_role_changed"]


def test_the_trail_calls_people_by_their_names(desk: Desk, manager: Browser) -> None:
    act(manager, 1, "name", name="Дана Сапарова")
    assert "<td>Дана Сапарова<" in manager.page("/acquire/audit")
