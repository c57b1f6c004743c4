"""One answer, whatever its spelling: names, flags, times."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.clock import ALMATY, parse_moment
from worker.webkassa.cleaning import clean_answer

NOW = datetime(2026, 11, 21, 17, 0, 5, tzinfo=ALMATY)  # as conftest sets the clock


def read(**fields: Any) -> Any:
    return clean_answer(json.dumps(fields).encode())


@pytest.mark.parametrize("name", ["CheckNumber", "checkNumber", "checknumber", "CHECKNUMBER"])
def test_known_names_have_one_spelling(name: str) -> None:
    assert read(data={name: "7", "Unheard": {"cashbox": 1}}) == {"Data": {"CheckNumber": "7", "Unheard": {"Cashbox": 1}}}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"Data": None, "data": {"Token": "t"}}, {"Data": {"Token": "t"}}),
        ({"data": {"Token": "t"}, "Data": None}, {"Data": {"Token": "t"}}),
        ({"Data": 1, "data": 2}, {"Data": 1}),
    ],
)
def test_told_in_two_spellings_what_says_something_counts(told: dict[str, Any], kept: Any) -> None:
    assert clean_answer(json.dumps(told).encode()) == kept


@pytest.mark.parametrize(
    ("told", "flag"),
    [(True, True), ("true", True), (" True ", True), ("1", True), (1, True), ("да", True), (None, None)]
    + [(told, False) for told in (False, "false", "False", "0", 0, "", "no", "null", "offline")],
)
def test_flags(told: Any, flag: bool | None) -> None:
    assert read(OfflineMode=told, isOffline=told) == {"OfflineMode": flag, "IsOffline": flag}


def local(moment: Any) -> str:
    return f"{moment:%d.%m.%Y %H:%M:%S}"


@pytest.mark.parametrize("days", [0, -1, 1, -729, 729])
def test_a_time_of_our_days_is_kept_as_it_came(days: int) -> None:
    for told in (local(NOW + timedelta(days=days)), (NOW + timedelta(days=days)).isoformat()):
        assert read(DateTime=told, CloseOn=told) == {"DateTime": told, "CloseOn": told}


@pytest.mark.parametrize(
    "told",
    [
        "01.01.0001 00:00:00",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "31.12.9999 23:59:59",
        local(NOW + timedelta(days=732)),
        local(NOW - timedelta(days=732)),
        "soon",
        0,
        1766000000,
        {"a": 1},
    ],
)
def test_any_other_time_is_none(told: Any) -> None:
    assert read(DateTime=told) == {"DateTime": None}


def test_what_is_no_json_is_nothing() -> None:
    assert clean_answer(b"<html>") is None


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("20.11.2026 14:05:31", "2026-11-20T14:05:31+05:00"),
        ("20.11.2026 14:05", "2026-11-20T14:05:00+05:00"),
        ("1.2.2026 9:05:31", "2026-02-01T09:05:31+05:00"),
        ("2026-11-20 14:05:31", "2026-11-20T14:05:31+05:00"),
        ("2026-11-20T14:05:31", "2026-11-20T14:05:31+05:00"),
        ("2026-11-20T14:05:31.1234567", "2026-11-20T14:05:31.123456+05:00"),
        ("20.11.2026 14:05:31 +05:00", "2026-11-20T14:05:31+05:00"),
        ("2026-11-20T14:05:31+05:00", "2026-11-20T14:05:31+05:00"),
        ("2026-11-20T09:05:31Z", "2026-11-20T09:05:31+00:00"),
        ("20261120T140531", "2026-11-20T14:05:31+05:00"),
    ],
)
def test_times_as_webkassa_writes_them(text: str, iso: str) -> None:
    moment = parse_moment(text)
    assert moment is not None
    assert moment.isoformat() == iso


@pytest.mark.parametrize(
    "text", ["", None, "31.02.2026 10:00:00", "01.01.0001 00:00:00", "20.11.2026", "yesterday", 5, "1" * 9]
)
def test_no_time(text: Any) -> None:
    assert parse_moment(text) is None
