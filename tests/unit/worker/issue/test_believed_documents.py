"""Which documents can be the one that was asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from worker.issue.belief import AHEAD, BEHIND, Asked, LastKnown, find_doubt, find_doubt_of_earlier
from worker.webkassa.schemas import FiscalReceipt

SENT = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ASKED = Asked("SWK1", "altegio_1", 2, Decimal(4000), SENT - HOUR)
LAST = LastKnown("0102", 42)
NAMELESS = FiscalReceipt("7", "0102", 42, 3, False, SENT, "20.11.2026 14:05:00", None, None, Decimal(4000))
OURS = replace(NAMELESS, registers=frozenset({"SWK1"}), external_numbers=frozenset({"altegio_1"}), operation_type=2)


def doubt(document: FiscalReceipt, last: LastKnown = LAST) -> str | None:
    return find_doubt(document, ASKED, last, sent_at=SENT, now=SENT + timedelta(seconds=2))


def doubt_of_earlier(document: FiscalReceipt, shift: int | None = 42) -> str | None:
    return find_doubt_of_earlier(document, ASKED, shift=shift, now=SENT + HOUR)


@pytest.mark.parametrize("document", [OURS, NAMELESS, FiscalReceipt("7", *[None] * 3, False, *[None] * 5)])
def test_what_contradicts_nothing_is_believed(document: FiscalReceipt) -> None:
    assert doubt(document) is None
    assert doubt_of_earlier(document) is None


@pytest.mark.parametrize(
    "change",
    [
        {"registers": frozenset({"SWK2"})},
        {"registers": frozenset({"SWK1", "SWK2"})},
        {"external_numbers": frozenset({"altegio_2"})},
        {"external_numbers": frozenset({"altegio_1", "altegio_2"})},
        {"operation_type": 3},
        {"contradiction": "its link is another's"},
    ],
)
def test_what_names_another_is_never_believed(change: dict[str, Any]) -> None:
    assert doubt(replace(OURS, **change))
    assert doubt_of_earlier(replace(OURS, **change))


def test_factory_numbers_are_read_in_any_case() -> None:
    assert doubt(replace(OURS, registers=frozenset({"swk1"}))) is None


@pytest.mark.parametrize(("document", "is_ours_at_last"), [(OURS, True), (NAMELESS, False)])
def test_another_sum_is_a_difference_only_of_what_names_our_number(document: FiscalReceipt, is_ours_at_last: bool) -> None:
    other = replace(document, total=Decimal("3999.99"))
    assert doubt(other)
    assert (doubt_of_earlier(other) is None) is is_ours_at_last


@pytest.mark.parametrize(
    ("document", "off", "is_believed"),
    [
        pytest.param(OURS, -30 * MINUTE / 60, True, id="a clock 30 s behind"),
        pytest.param(NAMELESS, -30 * MINUTE / 60, True, id="a clock 30 s behind, no names"),
        pytest.param(NAMELESS, 30 * MINUTE / 60, True, id="a clock 30 s ahead, no names"),
        pytest.param(OURS, -HOUR, True, id="the zone of two years ago"),
        pytest.param(OURS, 4 * DAY, True, id="our clock is days behind"),
        pytest.param(OURS, -BEHIND - MINUTE, False, id="before it was sent"),
        pytest.param(OURS, -DAY, False, id="yesterday"),
        pytest.param(OURS, AHEAD + DAY, False, id="next year"),
        pytest.param(NAMELESS, -3 * MINUTE, False, id="just before it was sent, no names"),
        pytest.param(NAMELESS, HOUR, False, id="in an hour, no names"),
    ],
)
def test_the_time_of_a_document_just_made(document: FiscalReceipt, off: timedelta, is_believed: bool) -> None:
    assert (doubt(replace(document, issued_at=SENT + off)) is None) is is_believed


@pytest.mark.parametrize(
    ("document", "off", "is_believed"),
    [
        pytest.param(OURS, -30 * DAY, True, id="weeks ago"),
        pytest.param(OURS, 90 * DAY, True, id="our clock is months behind"),
        pytest.param(NAMELESS, -2 * HOUR, True, id="before a restored table decided it, no names"),
        pytest.param(NAMELESS, -3 * DAY, False, id="days before it was decided, no names"),
        pytest.param(NAMELESS, 2 * HOUR, False, id="in the future, no names"),
    ],
)
def test_the_time_of_a_document_that_is_looked_up(document: FiscalReceipt, off: timedelta, is_believed: bool) -> None:
    assert (doubt_of_earlier(replace(document, issued_at=SENT + off)) is None) is is_believed


@pytest.mark.parametrize(
    ("shift", "registration", "last", "is_believed"),
    [
        (42, "0102", LAST, True),
        (43, "0102", LAST, True),
        (41, "0102", LAST, False),
        (41, None, LAST, False),
        (1, "0999", LAST, True),
        (1, "0102", LastKnown(None, None), True),
        (None, "0102", LAST, True),
    ],
)
def test_the_shift_of_a_document_just_made(
    shift: int | None, registration: str | None, last: LastKnown, is_believed: bool
) -> None:
    document = replace(OURS, shift_number=shift, registration_number=registration)
    assert (doubt(document, last) is None) is is_believed


def test_an_older_shift_may_be_looked_up_and_another_than_asked_for_only_by_name() -> None:
    assert doubt_of_earlier(replace(OURS, shift_number=41)) is None
    assert doubt_of_earlier(replace(NAMELESS, shift_number=41))
    assert doubt_of_earlier(replace(NAMELESS, shift_number=41), shift=None) is None


def test_a_doubt_is_told_in_words() -> None:
    assert (
        doubt(replace(OURS, external_numbers=frozenset({"altegio_2"})))
        == "the document is that of altegio_2, not of altegio_1"
    )
