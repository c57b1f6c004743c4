"""What never reaches a log, and what has to stay readable in one."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from shared.config import Settings
from shared.logging import configure_logging, get_logger, mask, mask_text, write_lines


@pytest.mark.parametrize(
    "phone",
    [
        "+77071234567",
        "77071234567",
        "87071234567",
        "+7 707 123 45 67",
        "+7 707 123-45-67",
        "+7 (707) 123-45-67",
        "+7(707)1234567",
        "+7-707-123-45-67",
        "8 (707) 123 45 67",
        "8-707-123-4567",
        "8 707 123 4567",
        "7 7071234567",
        "+7\u00a0707\u00a0123\u00a045\u00a067",
    ],
)
@pytest.mark.parametrize("around", ["{}", "тел. {}, клиент", '{{"phone": "{}"}}', "phone={}", "({})", "tel:{}."])
def test_phones_are_masked_in_any_spelling_and_place(phone: str, around: str) -> None:
    masked = mask_text(around.format(phone))
    assert masked == around.format("***")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("client a.b+c@mail.example.kz wrote", "client *** wrote", id="e-mail"),
        pytest.param("Authorization: Bearer 0f1e2d3c.x-y_z", "Authorization: Bearer ***", id="bearer"),
        pytest.param("authorization: bearer abc", "authorization: Bearer ***", id="bearer-any-case"),
        pytest.param('"POST /api/webhook/s3cret HTTP/1.1" 200', '"POST /api/webhook/*** HTTP/1.1" 200', id="webhook-path"),
        pytest.param("https://x.kz/api/webhook/s3cret?a=1", "https://x.kz/api/webhook/***?a=1", id="webhook-url"),
        pytest.param("/api/webhook/s3cret/", "/api/webhook/***/", id="webhook-path-with-slash"),
        pytest.param("postgresql+psycopg2://user:pa55@db:5432/x", "postgresql+psycopg2://user:***@db:5432/x", id="database"),
        pytest.param("redis://:pa55@redis:6379/0", "redis://:***@redis:6379/0", id="redis-without-a-user"),
        pytest.param("two: a://u:p1@h b://u:p2@h", "two: a://u:***@h b://u:***@h", id="each-of-two"),
    ],
)
def test_secrets_are_masked_in_texts(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("record 640500104, visit 560700104", id="nine-digit-ids"),
        pytest.param("altegio_640500104", id="external-number"),
        pytest.param("altegio_goods_77071234567", id="number-that-looks-like-a-phone"),
        pytest.param("YCLIENTS 1930000000", id="ten-digit-ids"),
        pytest.param("fiscal 3300000000451", id="fiscal-number"),
        pytest.param("fiscal 7701234567890", id="fiscal-number-that-starts-like-a-phone"),
        pytest.param("registration 600900800700", id="registration-number"),
        pytest.param("bin 770101300123", id="twelve-digit-bin"),
        pytest.param("12 350,00 ₸", id="sum"),
        pytest.param("4000.00 ₸ of 9999999.99 ₸", id="sums"),
        pytest.param("999999999.00", id="largest-sum"),
        pytest.param("2026-04-14T15:02:33.707123+05:00", id="timestamp"),
        pytest.param("2026-04-14 15:02:41", id="local-time"),
        pytest.param("1776164553.7071234", id="unix-time"),
        pytest.param("1776164553707", id="unix-time-in-milliseconds"),
        pytest.param("SWK00067890 shift 118", id="cashbox"),
        pytest.param("https://devkkm.webkassa.kz/api/v4/check", id="address-without-a-password"),
        pytest.param("GET /api/webhook/status/640500104", id="status-page"),
        pytest.param("POST /api/webhook 200", id="webhook-without-a-secret"),
        pytest.param("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", id="request-id"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_helps_to_find_a_receipt_stays(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "key",
    [
        "Token",
        "x-api-key",
        "api_key",
        "password",
        "WEBKASSA_PASSWORD",
        "Login",
        "Authorization",
        "partner_token",
        "X-Altegio-Signature",
        "cookie",
        "secret_key",
    ],
)
def test_secrets_are_masked_by_their_name(key: str) -> None:
    assert mask({"a": [{key: "value"}]}) == {"a": [{key: "***"}]}
    assert mask({key: "value"}, personal=False) == {key: "***"}


@pytest.mark.parametrize("key", ["client", "phone", "Email", "name", "surname", "CustomerPhone", "display_name"])
@pytest.mark.parametrize("value", ["Меруерт", 77015550142, {"id": 1, "name": "x"}])
def test_personal_fields_are_masked_by_their_name(key: str, value: Any) -> None:
    assert mask({key: value}) == {key: "***"}


def test_stored_calls_keep_what_belongs_to_the_receipt() -> None:
    call = {
        "Token": "t",
        "Positions": [{"PositionName": "Стрижка", "Price": 4000}],
        "name": "x",
        "CustomerPhone": "+77071234567",
    }
    assert mask(call, personal=False) == {**call, "Token": "***"}


def test_masking_leaves_the_original_and_other_types_alone() -> None:
    original = {"Token": "t", "n": 1, "none": None, "flag": True, "list": (1, "a@b.kz")}
    assert mask(original) == {"Token": "***", "n": 1, "none": None, "flag": True, "list": [1, "***"]}
    assert original["Token"] == "t"


@pytest.mark.parametrize("value", [None, ""])
def test_an_absent_secret_is_seen_to_be_absent(value: Any) -> None:
    assert mask({"Token": value}) == {"Token": value}


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Reads what went to standard error, a line an event."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_everything_that_logs_goes_through_the_masks(logs: Callable[[], list[dict[str, Any]]]) -> None:
    configure_logging(Settings(_env_file=None, log_format="json"))
    structlog.contextvars.bind_contextvars(request_id="r-1")
    get_logger("unit").info("call of +77071234567", token="t0ken", record_id=640500104, note={"phone": "1"})
    logging.getLogger("some.library").warning("connecting to %s", "redis://:pa55@h/0")
    get_logger("unit").error("failed", exc_info=ValueError("mail a@b.kz"))
    first, second, third = logs()
    assert (first["event"], first["token"], first["record_id"]) == ("call of ***", "***", 640500104)
    assert first["note"] == {"phone": "***"}
    assert second["event"] == "connecting to redis://:***@h/0"
    assert "mail ***" in third["exception"]
    assert {line["request_id"] for line in (first, second, third)} == {"r-1"}


def test_errors_are_kept_in_a_file_of_bounded_size(
    logs: Callable[[], list[dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.logging.ERRORS_FILE_BYTES", 2000)
    configure_logging(Settings(_env_file=None, log_format="json", log_dir=str(tmp_path / "logs")))
    for number in range(50):
        get_logger("unit").warning("not an error", number=number)
        get_logger("unit").error("failed for +77071234567", number=number)
    kept = sorted((tmp_path / "logs").iterdir())
    assert [path.name for path in kept] == ["errors.log", "errors.log.1"]
    assert all(path.stat().st_size < 2200 for path in kept)
    lines = [json.loads(line) for path in reversed(kept) for line in path.read_text("utf-8").splitlines()]
    assert [line["number"] for line in lines] == list(range(50 - len(lines), 50))
    assert {line["event"] for line in lines} == {"failed for ***"}


@pytest.mark.parametrize("folder", ["", "/proc/no-such-place"])
def test_without_a_place_for_the_file_errors_are_still_said(logs: Callable[[], list[dict[str, Any]]], folder: str) -> None:
    configure_logging(Settings(_env_file=None, log_format="json", log_dir=folder))
    get_logger("unit").error("failed")
    assert [line["event"] for line in logs()] == ["failed"]


def test_several_lines_at_once_go_through_the_same_masks(logs: Callable[[], list[dict[str, Any]]]) -> None:
    configure_logging(Settings(_env_file=None, log_format="json"))
    write_lines("unit", [{"event": "webhook", "field": "+77071234567"}, {"event": "webhook", "token": "t0ken"}])
    first, second = logs()
    assert (first["event"], first["field"], first["logger"], first["level"]) == ("webhook", "***", "unit", "info")
    assert second["token"] == "***"


def test_several_lines_at_once_are_not_written_where_nobody_asked_for_them(
    logs: Callable[[], list[dict[str, Any]]],
) -> None:
    configure_logging(Settings(_env_file=None, log_format="json", log_level="WARNING"))
    write_lines("unit", [{"event": "webhook"}])
    get_logger("unit").info("neither is this")
    assert logs() == []


def test_what_no_json_can_hold_is_still_a_line(logs: Callable[[], list[dict[str, Any]]]) -> None:
    configure_logging(Settings(_env_file=None, log_format="json"))
    get_logger("unit").info("odd", lone="\ud800", kind=object)
    (line,) = logs()
    assert line["event"] == "odd"
