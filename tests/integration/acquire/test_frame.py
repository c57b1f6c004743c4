"""What stands around every page: the places of a role, the state of the registers in words, the number of tasks."""

import re

import pytest

from shared.storage.models import Cashbox, Shift
from tests.support.desk import COMPANY, Browser, Desk

FOREIGN = 990077


def read_frame(desk: Desk, browser: Browser, path: str = "/acquire") -> dict[str, str]:
    """The register's words and look, and the number beside the tasks, as they are now."""
    desk.app.state.frames.forget()  # type: ignore[attr-defined]
    page = browser.page(path)
    register = re.search(r'<a id="register-state"[^>]* class="register ?(\w*)"( hidden)?>(.*?)</a>', page, re.DOTALL)
    count = re.search(r'id="task-count"[^>]*?( hidden)?>(.*?)</span>\s*</a>', page, re.DOTALL)
    assert register is not None
    assert count is not None
    words = re.sub(r"<svg.*?</svg>|<[^>]+>", "", register[3], flags=re.DOTALL).strip()
    tasks = re.sub(r"<[^>]+>", "", count[2]).strip(": \n")
    return {"condition": register[1], "words": words, "tasks": "" if count[1] else tasks}


def add_register(desk: Desk, company_id: int | None = COMPANY, **values: object) -> int:
    with desk.sessions.begin() as session:
        row = Cashbox(unique_number=f"SWK{company_id}", company_id=company_id, **values)
        session.add(row)
        session.flush()
        return int(row.id)


def test_places_are_five_and_by_role(cashier: Browser, manager: Browser) -> None:
    def read_rail(browser: Browser, path: str) -> list[tuple[str, bool]]:
        rail = re.search(r'<nav class="rail".*?</nav>', browser.page(path), re.DOTALL)
        assert rail is not None
        return [(address, bool(here)) for address, here in re.findall(r'<a href="([^"]+)"( aria-current)?', rail[0])]

    common = ["/acquire", "/acquire/receipts", "/acquire/shift", "/acquire/tasks"]
    assert read_rail(cashier, "/acquire") == [(path, path == "/acquire") for path in [*common, "/acquire/sale"]]
    assert [path for path, _ in read_rail(manager, "/acquire/tasks")] == [*common, "/acquire/day"]
    assert [path for path, is_here in read_rail(manager, "/acquire/tasks") if is_here] == ["/acquire/tasks"]
    assert [path for path, is_here in read_rail(manager, "/acquire/audit") if is_here] == []


def test_who_is_not_signed_in_has_no_places(desk: Desk) -> None:
    page = desk.browser().page("/acquire/login")
    assert 'class="rail"' not in page
    assert "data-stream" not in page


def test_without_a_register_nothing_is_said_of_one(desk: Desk, cashier: Browser) -> None:
    assert read_frame(desk, cashier) == {"condition": "", "words": "", "tasks": ""}


def test_a_register_that_works(desk: Desk, cashier: Browser) -> None:
    add_register(desk)
    assert read_frame(desk, cashier)["words"] == "Касса работает"


def test_webkassa_is_slow_once_a_receipt_waits(desk: Desk, cashier: Browser) -> None:
    desk.add_receipt(desk.add_visit(), state="pending")
    assert read_frame(desk, cashier)["condition"] == "works", "it was paid a moment ago"
    desk.execute("UPDATE receipts SET created_at = now() - interval '30 seconds'")
    told = read_frame(desk, cashier)
    assert (told["condition"], told["words"]) == ("slow", "Webkassa отвечает медленно, ждут чеки: 1")


def test_a_paused_register_says_why_and_since_when(desk: Desk, cashier: Browser) -> None:
    add_register(desk)
    desk.execute("UPDATE cashboxes SET paused_since = '2026-11-28T04:40:00Z', paused_code = '10'")
    told = read_frame(desk, cashier)
    assert told["condition"] == "paused"
    assert told["words"].startswith("Касса на паузе с 09:40: Касса не активирована")


def test_of_several_registers_the_worst_is_told_by_name(desk: Desk, manager: Browser) -> None:
    add_register(desk)
    add_register(desk, FOREIGN, name="Тюльпан")
    desk.execute("UPDATE cashboxes SET paused_since = '2026-11-28T04:40:00Z' WHERE name IS NOT NULL")
    assert read_frame(desk, manager)["words"].startswith("Касса Тюльпан на паузе с 09:40")


def test_a_shift_that_is_open_for_long(desk: Desk, cashier: Browser) -> None:
    register = add_register(desk)
    with desk.sessions.begin() as session:
        session.add(Shift(cashbox_id=register, number=1, opened_at="2026-11-01T00:00:00Z"))
    desk.execute("UPDATE shifts SET opened_at = now() - interval '21 hours 59 minutes'")
    assert read_frame(desk, cashier)["condition"] == "works"
    desk.execute("UPDATE shifts SET opened_at = now() - interval '22 hours 1 minute'")
    assert read_frame(desk, cashier)["words"] == "Смена открыта 22 ч"


def test_staff_are_told_of_their_own_register_and_tasks(desk: Desk) -> None:
    desk.add_user("zarina", salons=[COMPANY])
    zarina = desk.sign_in("zarina")
    add_register(desk, name="Роза")
    add_register(desk, FOREIGN, name="Тюльпан")
    desk.execute("UPDATE cashboxes SET paused_since = now() WHERE name = 'Тюльпан'")
    desk.add_visit(state="dead_lettered", company_id=FOREIGN)
    assert read_frame(desk, zarina) == {"condition": "works", "words": "Касса работает", "tasks": ""}
    assert "Роза" in zarina.page("/acquire")


@pytest.mark.parametrize("salons", [[COMPANY], None])
def test_the_register_of_all_salons_is_theirs_who_have_none(desk: Desk, salons: list[int] | None) -> None:
    desk.add_user("zarina", salons=salons)
    zarina = desk.sign_in("zarina")
    add_register(desk, None)
    assert read_frame(desk, zarina)["words"] == "Касса работает"


def test_the_number_of_tasks_is_what_waits_for_a_person(desk: Desk, cashier: Browser) -> None:
    desk.add_visit(state="dead_lettered", code="9")
    desk.add_receipt(desk.add_visit(state="processed"), return_due_reason="record was deleted")
    desk.add_visit()
    assert read_frame(desk, cashier)["tasks"] == "2"
    desk.execute("UPDATE receipts SET returned = true")
    assert read_frame(desk, cashier)["tasks"] == "1"


def test_more_than_a_hundred_are_not_counted(desk: Desk, cashier: Browser) -> None:
    desk.execute(
        "INSERT INTO webhook_records (company_id, dedup_key, body, state)"
        " SELECT :company, 'many-' || number, '{}', 'dead_lettered' FROM generate_series(1, 150) AS number",
        company=COMPANY,
    )
    assert read_frame(desk, cashier)["tasks"] == "99+"


def test_a_page_that_answers_a_form_is_not_kept_fresh(desk: Desk, cashier: Browser) -> None:
    """Its address shows something else."""
    visit = desk.add_visit()
    assert 'data-stream="/acquire/live"' in cashier.page(f"/acquire/visits/{visit.id}")
    answer = cashier.pay(visit.id, method="cash", cash_received="1")
    assert answer.status_code == 422
    assert "data-stream" not in answer.text
