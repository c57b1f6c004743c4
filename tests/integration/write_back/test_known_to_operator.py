"""A receipt's official link is opened once, late and politely; one that its operator denies after a day is an alert."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.back import Back
from tests.unit.canned_server import Answer, CannedServer


@pytest.fixture
def page() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        yield server


@pytest.fixture
def watched(back: Back, page: CannedServer) -> Back:
    """Its operator's page is one of ours."""
    back.choose(write_back="off", confirm_receipts="on", operator_hosts=page.url)
    back.pay()
    back.salon.bridge.execute("UPDATE receipts SET receipt_url = :url", url=f"{page.url}/consumer?i=1&s=9500.00")
    back.write()
    return back


def say(page: CannedServer, text: str, status: int = 200) -> None:
    page.answer("/consumer", Answer(text, status))


def pass_hours(back: Back, hours: int) -> None:
    back.salon.bridge.execute("UPDATE receipts SET issued_at = issued_at - make_interval(hours => :hours)", hours=hours)
    back.salon.bridge.execute(
        "UPDATE operator_checks SET asked_at = asked_at - interval '1 hour',"
        " next_attempt_at = next_attempt_at - make_interval(hours => :hours)",
        hours=hours,
    )
    back.write()


def test_not_at_once_and_then_confirmed_for_good(watched: Back, page: CannedServer) -> None:
    number = watched.salon.bridge.receipt().fiscal_number
    say(page, f"<p>ФП {number}</p><p>Итого 9 500,00</p>")
    watched.write()
    assert page.asked == []
    pass_hours(watched, 2)
    assert watched.rows("operator_checks") == ["confirmed"]
    pass_hours(watched, 48)
    assert len(page.asked) == 1
    assert watched.told("operator_denies") == []


def test_not_known_after_a_day_is_told(watched: Back, page: CannedServer) -> None:
    say(page, "Чек не найден")
    pass_hours(watched, 2)
    assert (watched.rows("operator_checks"), watched.told("operator_denies")) == (["open"], [])
    pass_hours(watched, 6)
    pass_hours(watched, 20)
    assert watched.rows("operator_checks") == ["unknown"]
    (told,) = watched.told("operator_denies")
    assert "altegio_1001" in told
    assert len(page.asked) == 3


def test_known_a_little_later_is_no_trouble(watched: Back, page: CannedServer) -> None:
    say(page, "Чек не найден")
    pass_hours(watched, 2)
    say(page, f"{watched.salon.bridge.receipt().fiscal_number} 9500.00")
    pass_hours(watched, 6)
    assert (watched.rows("operator_checks"), watched.told("operator_denies")) == (["confirmed"], [])


def test_another_sum_is_told_at_once(watched: Back, page: CannedServer) -> None:
    say(page, f"{watched.salon.bridge.receipt().fiscal_number} 8500.00")
    pass_hours(watched, 2)
    assert watched.rows("operator_checks") == ["differs"]
    assert "9500.00" in watched.told("operator_denies")[0]


@pytest.mark.parametrize("status", [200, 302, 500])
def test_a_page_that_says_nothing_is_no_alarm(watched: Back, page: CannedServer, status: int) -> None:
    say(page, "<div id=app></div>", status)
    for hours in (2, 6, 20, 20):
        pass_hours(watched, hours)
    assert (watched.rows("operator_checks"), watched.told("operator_denies")) == (["mute"], [])
    assert len(page.asked) == 3


def test_one_page_of_an_operator_in_ten_seconds(watched: Back, page: CannedServer) -> None:
    for record_id in (2001, 3001):
        watched.pay(4000, record_id)
    watched.salon.bridge.execute("UPDATE receipts SET receipt_url = :url", url=f"{page.url}/consumer?i=1")
    say(page, "Чек не найден")
    watched.write()
    watched.let_time_pass()
    watched.write()
    watched.write()
    assert len(page.asked) == 1


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://localhost:1/", "https://evil.example/?i=1"])
def test_a_link_to_nobody_we_know_is_not_followed(back: Back, url: str) -> None:
    back.choose(write_back="off", confirm_receipts="on")
    back.pay()
    back.salon.bridge.execute("UPDATE receipts SET receipt_url = :url", url=url)
    back.settle()
    assert back.rows("operator_checks", "state, attempts") == [("mute", 0)]


def test_off_by_default(back: Back) -> None:
    back.choose()
    back.pay()
    back.settle()
    found: list[Any] = back.rows("operator_checks")
    assert found == []
