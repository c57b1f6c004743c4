"""Whom a receipt's link may lead to, and what the page behind it says."""

from decimal import Decimal

import pytest

from shared.storage.models.write_back.states import CheckState
from worker.rounds.write_back.operator_page import MAX_PAGE_BYTES, OPERATORS, find_address, list_hosts, read_page

NUMBER, TOTAL = "1795887435004", Decimal("9500.00")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://consumer.oofd.kz?i=1&f=2&s=3.00&t=4", "https://consumer.oofd.kz/?i=1&f=2&s=3.00&t=4"),
        ("https://ofd1.kz/t/?i=1", "https://ofd1.kz/t/?i=1"),
        ("http://consumer.kofd.kz:80/?i=1", "https://consumer.kofd.kz/?i=1"),
    ],
)
def test_a_known_operator_is_asked_over_tls(url: str, address: str) -> None:
    found = find_address(url, list_hosts(""))
    assert found is not None
    assert found[1] == address


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "ftp://consumer.oofd.kz/",
        "http://127.0.0.1/?i=1",
        "http://169.254.169.254/latest/meta-data",
        "http://consumer.oofd.kz.evil.example/?i=1",
        "http://consumer.oofd.kz@evil.example/",
        "http://evil.example/consumer.oofd.kz",
        "http://consumer.oofd.kz:8080/?i=1",
        "http://consumer.oofd.kz\\@evil.example/",
        "//consumer.oofd.kz/?i=1",
        "http://[::1]/?i=1",
        "http://consumer.oofd.kz/\r\nX: y",
    ],
)
def test_nobody_else_is_asked(url: str | None) -> None:
    found = find_address(url, list_hosts(""))
    assert found is None or found[1].startswith("https://consumer.oofd.kz/")
    assert found is None or "\n" not in found[1]


def test_the_setting_takes_the_place_of_the_operators() -> None:
    assert set(list_hosts("")) == set(OPERATORS)
    assert list_hosts("ofd.example, http://127.0.0.1:8000/") == {
        "ofd.example": "https://ofd.example",
        "127.0.0.1:8000": "http://127.0.0.1:8000",
    }


@pytest.mark.parametrize("total", ["9500.00", "9 500,00", "9&nbsp;500.00 ₸", "9500", "9,500.00", "<b>9\u202f500,00</b>"])
def test_number_and_sum_confirm_it(total: str) -> None:
    page = f"<html><p>ФП: {NUMBER}</p><p>ЖИЫНЫ/ИТОГО: {total}</p></html>"
    assert read_page(200, page.encode(), NUMBER, TOTAL)[0] is CheckState.CONFIRMED


def test_tiyn_count() -> None:
    assert read_page(200, f"{NUMBER} 2450,50".encode(), NUMBER, Decimal("2450.50"))[0] is CheckState.CONFIRMED
    assert read_page(200, f"{NUMBER} 2450,00".encode(), NUMBER, Decimal("2450.50"))[0] is CheckState.DIFFERS


@pytest.mark.parametrize(
    ("status", "page", "state"),
    [
        (200, f"{NUMBER} итого 8500,00", CheckState.DIFFERS),
        (404, "", CheckState.UNKNOWN),
        (410, "", CheckState.UNKNOWN),
        (200, "<h1>Чек не найден</h1>", CheckState.UNKNOWN),
        (200, "<h1>Чек табылмады</h1>", CheckState.UNKNOWN),
        (200, "<div id=app></div><script>9500 не найден</script>", CheckState.MUTE),
        (301, "", CheckState.MUTE),
        (500, "", CheckState.MUTE),
        (429, "не найден", CheckState.MUTE),
        (200, "x" * MAX_PAGE_BYTES + NUMBER, CheckState.MUTE),
    ],
)
def test_what_else_a_page_may_say(status: int, page: str, state: CheckState) -> None:
    assert read_page(status, page.encode(), NUMBER, TOTAL)[0] is state
