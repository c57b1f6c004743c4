"""The client against a real server on loopback: what it asks, and what each accident becomes."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from fakeredis import FakeStrictRedis

from shared.config import Settings
from tests.unit.canned_server import Answer, CannedServer, find_closed_address
from worker.altegio.client import AltegioClient, is_configured
from worker.altegio.errors import AltegioError, AltegioRefused, AltegioUnavailable, NoRights, NotFound
from worker.altegio.limits import Window

SALON = 1001
RECORD = f"/api/v1/record/{SALON}/700001"
RECORDS = f"/api/v1/records/{SALON}"
TRANSACTIONS = f"/api/v1/transactions/{SALON}"
OF_A_VISIT = f"/api/v1/timetable/transactions/{SALON}"
SALE = f"/api/v1/company/{SALON}/sale/900001"
ACCOUNTS = f"/api/v1/accounts/{SALON}"
HOOKS = f"/api/v1/hooks_settings/{SALON}"
NOON = datetime(2026, 3, 2, 7, 0, 5, 999, tzinfo=UTC)

PARTNER, USER = "p4rtner-0f1e", "us3r-2d3c"

MakeClient = Callable[..., AltegioClient]


def good(data: Any) -> Answer:
    return Answer({"success": True, "data": data, "meta": []})


def refused(message: str, status: int = 200) -> Answer:
    return Answer({"success": False, "data": None, "meta": {"message": message}}, status)


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        server.answer(RECORD, good({"id": 700001}))
        yield server


@pytest.fixture
def other_server() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        yield server


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    with ExitStack() as stack:

        def make(url: str, *, calls: int = 400, **changes: Any) -> AltegioClient:
            tokens = {"altegio_partner_token": PARTNER, "altegio_user_token": USER}
            settings = Settings(_env_file=None, altegio_api_url=url, **tokens | changes)
            # No scripts in this Redis: the limiter counts for itself, a fourth of what it may.
            windows = [Window(calls, 60, background=calls // 2)]
            client = AltegioClient(settings, FakeStrictRedis(), windows=windows, patience=0)
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def client(server: CannedServer, make_client: MakeClient) -> AltegioClient:
    return make_client(server.url)


@pytest.fixture
def hasty(server: CannedServer, make_client: MakeClient) -> AltegioClient:
    return make_client(server.url, altegio_connect_timeout=0.2, altegio_read_timeout=0.3)


def fail(client: AltegioClient) -> AltegioError:
    with pytest.raises(AltegioError) as caught:
        client.get_record(SALON, 700001)
    return caught.value


# What is asked, and what comes back.


def test_a_record_is_data_as_a_webhook_has_it(server: CannedServer, client: AltegioClient) -> None:
    data = '{"success": true, "data": {"id": 700001, "services": [{"cost": 0.1}], "finance_transactions": []}, "meta": {}}'
    server.answer(RECORD, Answer("\ufeff" + data))
    record = client.get_record(SALON, 700001)
    assert record["finance_transactions"] == []
    assert record["services"][0]["cost"] == Decimal("0.1")
    assert server.asked[0].query == {"include_finance_transactions": "1"}


def test_a_record_holds_nothing_that_no_column_can(server: CannedServer, client: AltegioClient) -> None:
    text = '{"success": true, "data": {"id": 700001, "title": "x\\u0000\\ud83dy 😀", "cost": 1e400000}}'
    server.answer(RECORD, Answer(text))
    assert client.get_record(SALON, 700001) == {"id": 700001, "title": "xy 😀", "cost": "1E+400000"}


def test_another_record_than_asked_for_is_no_answer(server: CannedServer, client: AltegioClient) -> None:
    server.answer(RECORD, good({"id": 700002}))
    assert type(fail(client)) is AltegioUnavailable


def test_changed_records_come_page_by_page_from_a_wall_clock(server: CannedServer, client: AltegioClient) -> None:
    server.answer(RECORDS, good([{"id": 1}, {"id": 2}]))
    assert client.list_changed_records(SALON, NOON, page=3, count=2, background=True) == [{"id": 1}, {"id": 2}]
    assert server.asked[0].query == {
        "changed_after": "2026-03-02T12:00:05",
        "with_deleted": "1",
        "include_finance_transactions": "1",
        "page": "3",
        "count": "2",
    }


def test_changed_transactions(server: CannedServer, client: AltegioClient) -> None:
    server.answer(TRANSACTIONS, good([{"id": 1}]))
    assert client.list_transactions_changed(SALON, NOON, page=1, count=50, background=True) == [{"id": 1}]
    assert server.asked[0].query == {"changed_after": "2026-03-02T12:00:05", "page": "1", "count": "50"}


def test_payments_of_a_record_and_its_visit(server: CannedServer, client: AltegioClient) -> None:
    rows = [{"id": n, "record_id": record, "visit_id": "55"} for n, record in enumerate((700001, "700001", 700002, 0, None))]
    server.answer(OF_A_VISIT, good([*rows, {"id": 9}]))
    found = client.list_payments(SALON, record_id=700001, visit_id=55)
    assert [row["id"] for row in found] == [0, 1, 9]
    assert server.asked[0].query == {"record_id": "700001", "visit_id": "55"}


def test_payments_of_a_document(server: CannedServer, client: AltegioClient) -> None:
    server.answer(TRANSACTIONS, good([{"id": 1, "document_id": 900001}, {"id": 2, "document_id": 900002}]))
    assert [row["id"] for row in client.list_payments(SALON, document_id=900001)] == [1]
    assert server.asked[0].query["document_id"] == "900001"


def test_payments_of_nothing_are_not_asked_for(server: CannedServer, client: AltegioClient) -> None:
    with pytest.raises(ValueError, match="a record, a visit or a document"):
        client.list_payments(SALON)
    assert server.asked == []


def test_a_sale_is_its_state(server: CannedServer, client: AltegioClient) -> None:
    server.answer(SALE, good({"state": {"items": []}, "kkm_state": {}}), good({"kkm_state": {}}))
    assert client.get_sale(SALON, 900001) == {"items": []}
    with pytest.raises(AltegioUnavailable, match="no state"):
        client.get_sale(SALON, 900001)


def test_accounts_are_asked_for_once(server: CannedServer, client: AltegioClient) -> None:
    server.answer(ACCOUNTS, good([{"id": 1, "type": 0}, {"id": "2", "type": "1"}]))
    assert [client.list_accounts(SALON) for _ in range(3)] == [{1: True, 2: False}] * 3
    assert len(server.asked) == 1


def test_a_refusal_to_show_accounts_is_not_remembered(server: CannedServer, client: AltegioClient) -> None:
    server.answer(ACCOUNTS, refused("No rights to manage the location"), good([{"id": 1, "type": 0}]))
    with pytest.raises(NoRights):
        client.list_accounts(SALON)
    assert client.list_accounts(SALON) == {1: True}


def test_hook_settings(server: CannedServer, client: AltegioClient) -> None:
    server.answer(HOOKS, good({"urls": ["https://a.example/api/webhook/x"], "active": 1}))
    assert client.get_hook_settings(SALON)["urls"] == ["https://a.example/api/webhook/x"]


@pytest.mark.parametrize(("data", "rows"), [([], []), ({}, []), (None, []), ({"0": {"id": 1}, "2": {"id": 2}}, [1, 2])])
def test_lists_in_any_spelling(server: CannedServer, client: AltegioClient, data: Any, rows: list[int]) -> None:
    server.answer(RECORDS, good(data))
    assert [row["id"] for row in client.list_changed_records(SALON, NOON)] == rows


@pytest.mark.parametrize("data", ["records", 5, {"id": 1}, [1], [[]]])
def test_what_is_no_list_of_objects(server: CannedServer, client: AltegioClient, data: Any) -> None:
    server.answer(RECORDS, good(data))
    with pytest.raises(AltegioUnavailable):
        client.list_changed_records(SALON, NOON)


@pytest.mark.parametrize("data", [[], None, "record", [{"id": 700001}]])
def test_what_is_no_object(server: CannedServer, client: AltegioClient, data: Any) -> None:
    server.answer(RECORD, good(data))
    assert type(fail(client)) is AltegioUnavailable


# Tokens.


def test_every_call_carries_both_tokens_in_one_header(server: CannedServer, client: AltegioClient) -> None:
    client.get_record(SALON, 700001)
    (asked,) = server.asked
    assert asked.headers["Accept"] == "application/vnd.api.v2+json"
    assert asked.headers["Authorization"] == f"Bearer {PARTNER}, User {USER}"
    assert PARTNER not in asked.path


@pytest.mark.parametrize(("partner", "user", "configured"), [("a", "b", True), ("a", "", False), (" ", "b", False)])
def test_both_tokens_make_it_configured(partner: str, user: str, configured: bool) -> None:
    assert is_configured(Settings(_env_file=None, altegio_partner_token=partner, altegio_user_token=user)) is configured


@pytest.mark.parametrize("token", ["Bearer abc", "a\nb", "токен", ""])
def test_what_cannot_be_a_token_is_named_and_not_sent(server: CannedServer, make_client: MakeClient, token: str) -> None:
    error = fail(make_client(server.url, altegio_user_token=token))
    assert type(error) is NoRights
    assert "ALTEGIO_USER_TOKEN" in error.text
    assert not token or token not in str(error)
    assert server.asked == []


def test_space_around_a_token_is_forgiven(server: CannedServer, make_client: MakeClient) -> None:
    make_client(server.url, altegio_user_token=f" {USER}\n").get_record(SALON, 700001)
    assert server.asked[0].headers["Authorization"] == f"Bearer {PARTNER}, User {USER}"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refused(f"No rights for {USER} of {PARTNER}"), id="named by altegio"),
        pytest.param(refused(f"No rights for {USER}", 401), id="unauthorised"),
        pytest.param(Answer(f"<html>{PARTNER} {USER}", 502), id="gateway"),
        pytest.param(Answer(f'{{"{USER}": ', declared=500), id="cut off"),
    ],
)
def test_no_failure_tells_a_token(server: CannedServer, client: AltegioClient, answer: Answer) -> None:
    server.answer(RECORD, answer)
    error = fail(client)
    told = f"{error} {error!r} {error.__cause__!r} {error.text}"
    assert USER not in told
    assert PARTNER not in told


# Accidents.


def test_connection_refused(make_client: MakeClient) -> None:
    assert type(fail(make_client(f"http://{find_closed_address()}"))) is AltegioUnavailable


def test_unknown_host_name(make_client: MakeClient) -> None:
    assert type(fail(make_client("http://altegio.invalid"))) is AltegioUnavailable


def test_an_address_that_is_none(make_client: MakeClient) -> None:
    assert type(fail(make_client("api.alteg.io"))) is AltegioUnavailable


def test_no_answer_in_time(server: CannedServer, hasty: AltegioClient) -> None:
    server.answer(RECORD, lambda _: server.released.wait(10) and None)
    assert type(fail(hasty)) is AltegioUnavailable
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        pytest.param(b"Transfer-Encoding: chunked\r\n", b"1\r\n \r\n", id="chunked"),
        pytest.param(b"Content-Length: 100000\r\n", b" ", id="of a length told before"),
        pytest.param(b"", b" ", id="until the connection ends"),
    ],
)
def test_a_body_that_trickles_in_ends_with_the_deadline(
    server: CannedServer, hasty: AltegioClient, head: bytes, drop: bytes
) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        try:
            while not server.released.wait(0.02):
                handler.wfile.write(drop)
        except OSError:
            handler.close_connection = True

    server.answer(RECORD, trickle)
    started = time.monotonic()
    assert type(fail(hasty)) is AltegioUnavailable
    assert time.monotonic() - started < 5


def test_a_body_without_end_is_left(server: CannedServer, client: AltegioClient) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        try:
            while not server.released.is_set():
                handler.wfile.write(b" " * 1024 * 1024)
        except OSError:
            handler.close_connection = True

    server.answer(RECORD, flood)
    started = time.monotonic()
    assert "does not end" in fail(client).text
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer('{"success": true, "data": {"id"', declared=500), id="fewer-bytes-than-declared"),
        pytest.param(Answer('{"success": true, "data": {"id"'), id="half-a-document"),
        pytest.param(Answer("[" * 100_000), id="nested-to-death"),
        pytest.param(Answer('{"success": true, "data": {"id": 700001, "cost": NaN}}'), id="no-number"),
        pytest.param(Answer("<html>maintenance</html>"), id="html"),
        pytest.param(Answer("", 500), id="out-of-order"),
    ],
)
def test_an_unreadable_answer_is_none(server: CannedServer, client: AltegioClient, answer: Answer) -> None:
    server.answer(RECORD, answer)
    assert type(fail(client)) is AltegioUnavailable
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_takes_the_tokens_along(
    server: CannedServer, other_server: CannedServer, client: AltegioClient, status: int
) -> None:
    server.answer(RECORD, Answer("", status, {"Location": f"{other_server.url}{RECORD}"}))
    assert type(fail(client)) is AltegioUnavailable
    assert other_server.asked == []


def test_proxies_of_the_machine_are_ignored(client: AltegioClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{find_closed_address()}")
    assert client.get_record(SALON, 700001) == {"id": 700001}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("No rights to manage the location"), NoRights),
        (refused("Access denied.", 403), NoRights),
        (Answer({"success": False, "data": None, "meta": []}, 404), NotFound),
        (refused("Wrong value"), AltegioRefused),
    ],
)
def test_refusals(server: CannedServer, client: AltegioClient, answer: Answer, kind: type[AltegioError]) -> None:
    server.answer(RECORD, answer)
    assert type(fail(client)) is kind


# Limits.


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "7"}, 7), ({"Retry-After": "soon"}, None), ({}, None)])
def test_after_a_429_nobody_calls_for_a_while(
    server: CannedServer, client: AltegioClient, headers: dict[str, str], seconds: float | None
) -> None:
    server.answer(RECORD, Answer("", 429, headers))
    error = fail(client)
    assert type(error) is AltegioUnavailable
    assert error.retry_after == seconds
    again = fail(client)
    assert again.retry_after is not None
    assert (seconds or 10) - 2 < again.retry_after <= (seconds or 10)
    assert len(server.asked) == 1


def test_beyond_the_limit_nothing_is_sent(server: CannedServer, make_client: MakeClient) -> None:
    client = make_client(server.url, calls=8)
    for _ in range(2):
        client.get_record(SALON, 700001)
    error = fail(client)
    assert type(error) is AltegioUnavailable
    assert error.retry_after is not None
    assert len(server.asked) == 2


def test_background_calls_leave_room(server: CannedServer, make_client: MakeClient) -> None:
    server.answer(RECORDS, good([]))
    server.answer(HOOKS, good({}))
    client = make_client(server.url, calls=16)
    client.list_changed_records(SALON, NOON, background=True)
    client.get_hook_settings(SALON)
    with pytest.raises(AltegioUnavailable):
        client.list_changed_records(SALON, NOON, background=True)
    client.get_record(SALON, 700001)
