"""What a customer reads: the link and nothing about them; and when nothing may ring."""

from datetime import UTC, datetime

import pytest

from shared.customer.message import find_link, make_whatsapp_link, write_message
from shared.customer.quiet import find_end_of_quiet, parse_quiet_hours
from shared.salon.choices import LANGUAGES

LINK = "http://consumer.oofd.kz?i=1&f=2&s=4000.00&t=20260302T121000"


@pytest.mark.parametrize("kind", ["sale", "return"])
def test_each_language_has_its_own_words_and_the_link(kind: str) -> None:
    messages = [write_message(kind, LINK, language) for language in LANGUAGES]
    assert len({message.subject for message in messages}) == len(LANGUAGES)
    assert all(message.text == f"{message.subject}: {LINK}" for message in messages)


@pytest.mark.parametrize(("told", "link"), [(LINK, LINK), (None, None), ("", None), ("javascript:alert(1)", None)])
def test_only_an_address_of_the_web_is_a_link(told: str | None, link: str | None) -> None:
    assert find_link(told) == link


def test_staff_get_a_link_with_the_words_in_it() -> None:
    link = make_whatsapp_link("8 701 555-01-42", write_message("sale", LINK, "en"))
    assert link == (
        "https://wa.me/77015550142?text=Your%20fiscal%20receipt%3A%20http%3A//consumer.oofd.kz%3Fi%3D1%26f%3D2"
        "%26s%3D4000.00%26t%3D20260302T121000"
    )
    assert make_whatsapp_link("123", write_message("sale", LINK, "en")) is None


# Almaty is five hours ahead.
@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        ("22:00-08:00", "2026-03-02T16:59:59", None),
        ("22:00-08:00", "2026-03-02T17:00:00", "2026-03-03T03:00:00"),
        ("22:00-08:00", "2026-03-02T20:30:00", "2026-03-03T03:00:00"),
        ("22:00-08:00", "2026-03-03T02:59:59", "2026-03-03T03:00:00"),
        ("22:00-08:00", "2026-03-03T03:00:00", None),
        ("13:00 - 14:30", "2026-03-02T08:30:00", "2026-03-02T09:30:00"),
        ("13:00-14:30", "2026-03-02T10:00:00", None),
        ("none", "2026-03-02T20:30:00", None),
    ],
)
def test_when_nothing_may_ring(hours: str, now: str, end: str | None) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert find_end_of_quiet(hours, moment) == (datetime.fromisoformat(end).replace(tzinfo=UTC) if end else None)


@pytest.mark.parametrize("hours", ["22-08", "24:00-08:00", "22:00", "ночью", ""])
def test_other_hours_are_refused(hours: str) -> None:
    with pytest.raises(ValueError, match="two times of day"):
        parse_quiet_hours(hours)


def test_our_page_of_the_receipt_is_linked_where_it_can_be_reached() -> None:
    official = "http://ofd.example/consumer?i=1"
    assert find_link(official, "https://receipts.example.kz/", "t0ken") == "https://receipts.example.kz/r/t0ken"
    assert find_link(None, "https://receipts.example.kz", "t0ken") == "https://receipts.example.kz/r/t0ken"
    assert find_link(official, "", "t0ken") == official
    assert find_link(official, "https://receipts.example.kz", None) == official
