"""The rates of the law by the day, and how a salon says what of it is taxed otherwise."""

from datetime import date

import pytest

from shared.fiscal.vat_rates import NoRate, describe_rates, find_rate, parse_vat_lines


@pytest.mark.parametrize(
    ("turnover", "day", "rate"),
    [
        ("standard", date(2025, 12, 31), 12),
        ("standard", date(2026, 1, 1), 16),
        ("standard", date(2027, 1, 1), 16),
        ("medical", date(2026, 1, 1), 5),
        ("medical", date(2026, 12, 31), 5),
        ("medical", date(2027, 1, 1), 10),
        ("medical", date(2030, 7, 1), 10),
        ("periodicals", date(2026, 1, 1), 10),
        ("periodicals", date(2027, 1, 1), 10),
        ("none", date(2026, 5, 1), None),
        ("8", date(2026, 5, 1), 8),
    ],
)
def test_the_rate_of_the_day(turnover: str, day: date, rate: int | None) -> None:
    assert find_rate(turnover, day) == rate


@pytest.mark.parametrize("turnover", ["medical", "periodicals"])
def test_what_the_table_does_not_know_is_not_guessed(turnover: str) -> None:
    with pytest.raises(NoRate, match=f"{turnover} on 2025-12-31"):
        find_rate(turnover, date(2025, 12, 31))


def test_words_ids_and_all_of_a_kind() -> None:
    assert parse_vat_lines(
        "Ботокс=medical, service:8101 = MEDICAL,good:22001=periodicals, goods=standard, консультация=none, x=7,"
    ) == {
        "Ботокс": "medical",
        "service:8101": "medical",
        "good:22001": "periodicals",
        "goods": "standard",
        "консультация": "none",
        "x": "7",
    }


@pytest.mark.parametrize(
    "text", ["Ботокс", "=medical", "Ботокс=", "x=0", "x=100", "x=5.5", "x=reduced", "service:x=5", "good:=5"]
)
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="such as ботокс=medical"):
        parse_vat_lines(text)


def test_rates_are_told_with_the_years_they_hold_from() -> None:
    assert describe_rates("medical") == "2026: 5 %, 2027: 10 %"
    assert describe_rates("7") == "7 %"
