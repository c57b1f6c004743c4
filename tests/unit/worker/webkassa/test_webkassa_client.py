"""The client against a real server on loopback: what each accident of a network becomes."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from fakeredis import FakeStrictRedis

from shared.config import Settings
from tests.unit.canned_server import AUTHORIZE, Answer, CannedServer, find_closed_address
from tests.unit.material import make_credentials
from worker.webkassa.client import RENEWALS, WebkassaClient
from worker.webkassa.errors import (
    DomainUnavailable,
    LoginRefused,
    OutcomeUnknown,
    RegisterRefused,
    SessionExpired,
    ShiftNotOpen,
    WebkassaError,
    WebkassaUnavailable,
)

CHECK = "/api/v4/check"
SHIFT_HISTORY = "/api/v4/Cashbox/ShiftHistory"
CHECK_HISTORY = "/api/v4/Check/History"
TICKET = "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"
SALE = {"CashboxUniqueNumber": "SWK00067890", "ExternalCheckNumber": "altegio_1", "Positions": [{"PositionName": "Стрижка"}]}
DONE = Answer({"Data": {"CheckNumber": "3300000000451"}})
EXPIRED = Answer({"Errors": [{"Code": 2, "Text": "Срок действия сессии истек"}]})


def moved(*hosts: str, status: int = 200) -> Answer:
    """505 as an error code, or with `status` as the gateway's own."""
    body = {"Errors": [{"Code": 505, "Text": "Сервис недоступен"}]} if status == 200 else ""
    return Answer(body, status, {"AlternativeDomainNames": ", ".join(hosts)} if hosts else {})


def fail(code: int) -> Answer:
    return Answer({"Errors": [{"Code": code, "Text": "нет"}]})


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        yield server


@pytest.fixture
def spare() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        yield server


@pytest.fixture
def make_client() -> Iterator[Callable[..., WebkassaClient]]:
    with ExitStack() as stack:

        def make(url: str, **changes: Any) -> WebkassaClient:
            settings = {
                "webkassa_api_url": url,
                "webkassa_api_token": "api-key",
                "webkassa_login": "cashier",
                "webkassa_password": "pa55",
                **changes,
            }
            made = Settings(_env_file=None, **settings)
            client = WebkassaClient(made, FakeStrictRedis(), make_credentials(made))
            stack.callback(client.close)
            return client

        yield make


MakeClient = Callable[..., WebkassaClient]


@pytest.fixture
def client(server: CannedServer, make_client: MakeClient) -> WebkassaClient:
    return make_client(server.url)


@pytest.fixture
def hasty(server: CannedServer, make_client: MakeClient) -> WebkassaClient:
    """Logged in already, and of little patience."""
    client = make_client(server.url, webkassa_connect_timeout=0.2, webkassa_read_timeout=0.3)
    client._token.get()
    return client


def sell(client: WebkassaClient) -> str:
    return client.check(SALE)[0].fiscal_number


def fail_to_sell(client: WebkassaClient) -> WebkassaError:
    with pytest.raises(WebkassaError) as caught:
        client.check(SALE)
    return caught.value


# Nothing reached the register: later.


def test_connection_refused(make_client: MakeClient) -> None:
    assert type(fail_to_sell(make_client(f"http://{find_closed_address()}"))) is WebkassaUnavailable


def test_refused_with_a_session_in_hand(server: CannedServer, make_client: MakeClient) -> None:
    client = make_client(server.url)
    client._token.get()
    client._base_url = f"http://{find_closed_address()}"
    assert type(fail_to_sell(client)) is WebkassaUnavailable


def test_unknown_host_name(make_client: MakeClient) -> None:
    assert type(fail_to_sell(make_client("http://webkassa.invalid"))) is WebkassaUnavailable


def test_tls_to_a_server_that_speaks_none(server: CannedServer, make_client: MakeClient) -> None:
    assert type(fail_to_sell(make_client(f"https://{server.address}"))) is WebkassaUnavailable
    assert server.asked == []


def test_a_login_that_broke_off_sent_no_receipt(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(AUTHORIZE, Answer("<html>", 502))
    assert type(fail_to_sell(client)) is WebkassaUnavailable
    assert server.asked_at(CHECK) == []


# It may have been carried out: ask first.


def test_no_answer_in_time_may_still_run(server: CannedServer, hasty: WebkassaClient) -> None:
    server.answer(CHECK, lambda _: server.released.wait(10) and None)
    error = fail_to_sell(hasty)
    assert isinstance(error, OutcomeUnknown)
    assert error.may_still_run
    assert len(server.asked_at(CHECK)) == 1


def close_at_once(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def test_connection_closed_before_the_answer(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, close_at_once)
    error = fail_to_sell(client)
    assert type(error) is OutcomeUnknown
    assert not error.may_still_run
    assert len(server.asked_at(CHECK)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer('{"Data": {"CheckNumber": "33', declared=500), id="fewer-bytes-than-declared"),
        pytest.param(Answer('{"Data": {"CheckNumber": "33'), id="half-a-document"),
        pytest.param(Answer('{"Data": {"CheckNumber": "1"}} {}'), id="two-documents"),
        pytest.param(Answer("[" * 100_000), id="nested-to-death"),
        pytest.param(Answer('{"Data": NaN}'), id="no-number"),
        pytest.param(Answer({"Data": {"CheckNumber": ""}}), id="empty-number"),
        pytest.param(Answer({"Data": {"CheckNumber": None}}), id="null-number"),
        pytest.param(Answer({"Data": "ok"}), id="a-word"),
        pytest.param(Answer({"Data": {"CheckNumber": "1"}}, 500), id="success-with-a-failed-status"),
        pytest.param(Answer({"Errors": []}), id="no-errors-and-no-data"),
        pytest.param(Answer({"Errors": None}), id="null-errors-and-no-data"),
    ],
)
def test_an_unreadable_answer_leaves_the_outcome_unknown(
    server: CannedServer, client: WebkassaClient, answer: Answer
) -> None:
    server.answer(CHECK, answer)
    assert type(fail_to_sell(client)) is OutcomeUnknown
    assert len(server.asked_at(CHECK)) == 1


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        pytest.param(b"Transfer-Encoding: chunked\r\n", b"1\r\n \r\n", id="chunked"),
        pytest.param(b"Content-Length: 100000\r\n", b" ", id="of a length told before"),
        pytest.param(b"", b" ", id="until the connection ends"),
    ],
)
def test_a_body_that_trickles_in_ends_with_the_deadline(
    server: CannedServer, hasty: WebkassaClient, head: bytes, drop: bytes
) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        try:
            while not server.released.wait(0.02):
                handler.wfile.write(drop)
        except OSError:
            handler.close_connection = True

    server.answer(CHECK, trickle)
    started = time.monotonic()
    error = fail_to_sell(hasty)
    assert isinstance(error, OutcomeUnknown)
    assert error.may_still_run
    assert time.monotonic() - started < 5


def test_a_byte_order_mark_is_no_obstacle(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, Answer('\ufeff{"Data": {"CheckNumber": "7"}}'))
    assert sell(client) == "7"


# The session.


def test_an_expired_session_costs_one_login_and_sends_the_same_body(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, EXPIRED, DONE)
    assert sell(client) == "3300000000451"
    first, second = (asked.body for asked in server.asked_at(CHECK))
    assert (first.pop("Token"), second.pop("Token")) == ("token-1", "token-2")
    assert first == second == SALE
    assert len(server.asked_at(AUTHORIZE)) == 2


@pytest.mark.parametrize("code", [2, 3])
def test_a_session_that_is_refused_again_and_again_is_given_up(
    server: CannedServer, client: WebkassaClient, code: int
) -> None:
    server.answer(CHECK, fail(code))
    error = fail_to_sell(client)
    assert type(error) is SessionExpired
    assert error.code == str(code)
    assert [asked.body["Token"] for asked in server.asked_at(CHECK)] == ["token-1", "token-2", "token-3", "token-4"]
    assert len(server.asked_at(AUTHORIZE)) == 1 + RENEWALS


def test_another_program_that_signs_in_between_costs_logins_and_no_receipt(
    server: CannedServer, client: WebkassaClient
) -> None:
    server.answer(CHECK, EXPIRED, EXPIRED, EXPIRED, DONE)
    assert sell(client) == "3300000000451"
    assert server.asked_at(CHECK)[-1].body == {"Token": "token-4", **SALE}


def test_a_token_another_worker_left_is_tried_and_not_believed(
    server: CannedServer, client: WebkassaClient, make_client: MakeClient
) -> None:
    """Redis has one that this worker does not know yet, and it is as dead as its own."""
    redis = client._token._redis
    client._token.get()
    redis.set(client._token._key, client._token._seal.close("theirs, dead as well"))
    server.answer(CHECK, EXPIRED, EXPIRED, DONE)
    assert sell(client) == "3300000000451"
    tried = [asked.body["Token"] for asked in server.asked_at(CHECK)]
    assert tried == ["token-1", "theirs, dead as well", "token-2"]
    assert len(server.asked_at(AUTHORIZE)) == 2


def test_one_login_serves_many_calls(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, DONE)
    for _ in range(3):
        sell(client)
    assert [asked.body["Token"] for asked in server.asked_at(CHECK)] == ["token-1"] * 3
    assert server.asked_at(AUTHORIZE)[0].body == {"Login": "cashier", "Password": "pa55"}
    assert len(server.asked_at(AUTHORIZE)) == 1


def test_a_wrong_password_is_not_knocked_with(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(AUTHORIZE, fail(1))
    for _ in range(3):
        assert type(fail_to_sell(client)) is LoginRefused
    assert len(server.asked_at(AUTHORIZE)) == 1


@pytest.mark.parametrize("code", [1, 2, 3])
def test_what_refuses_the_login_is_no_matter_of_the_receipt(server: CannedServer, client: WebkassaClient, code: int) -> None:
    server.answer(AUTHORIZE, fail(code))
    assert type(fail_to_sell(client)) is LoginRefused
    assert server.asked_at(CHECK) == []


# Spare hosts.


@pytest.mark.parametrize("status", [200, 505])
def test_a_spare_host_gets_the_same_call(
    server: CannedServer, spare: CannedServer, client: WebkassaClient, status: int
) -> None:
    server.answer(CHECK, moved(spare.address, status=status))
    spare.answer(CHECK, DONE)
    assert sell(client) == "3300000000451"
    (sent,), (repeated,) = server.asked_at(CHECK), spare.asked_at(CHECK)
    assert sent.raw == repeated.raw
    assert repeated.headers["x-api-key"] == "api-key"


def test_spare_hosts_are_tried_in_turn(server: CannedServer, spare: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, moved(find_closed_address(), f"https://{spare.address}/", ""))
    spare.answer(CHECK, DONE)
    assert sell(client) == "3300000000451"


def test_no_spare_host_helps(server: CannedServer, spare: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, moved(find_closed_address(), spare.address))
    spare.answer(CHECK, moved(server.address))
    assert type(fail_to_sell(client)) is DomainUnavailable
    assert (len(server.asked_at(CHECK)), len(spare.asked_at(CHECK))) == (1, 1)


def test_a_host_that_is_not_of_the_domain_is_not_called(
    server: CannedServer, spare: CannedServer, make_client: MakeClient
) -> None:
    client = make_client(server.url.replace("127.0.0.1", "localhost"))
    server.answer(CHECK, moved(spare.address))
    assert type(fail_to_sell(client)) is DomainUnavailable
    assert spare.asked == []


def test_no_spare_host_is_named(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, moved())
    assert type(fail_to_sell(client)) is DomainUnavailable


def test_an_unknown_outcome_at_a_spare_host_ends_the_search(
    server: CannedServer, spare: CannedServer, client: WebkassaClient
) -> None:
    server.answer(CHECK, moved(spare.address, server.address))
    spare.answer(CHECK, close_at_once)
    assert type(fail_to_sell(client)) is OutcomeUnknown
    assert len(server.asked_at(CHECK)) == 1


def test_a_spare_host_may_say_that_the_session_is_over(
    server: CannedServer, spare: CannedServer, client: WebkassaClient
) -> None:
    server.answer(CHECK, moved(spare.address))
    spare.answer(CHECK, EXPIRED, DONE)
    assert sell(client) == "3300000000451"
    assert [asked.body["Token"] for asked in spare.asked_at(CHECK)] == ["token-1", "token-2"]


# What is sent.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: CannedServer, spare: CannedServer, client: WebkassaClient, status: int) -> None:
    for path in (AUTHORIZE, CHECK):
        server.answer(path, Answer("", status, {"Location": f"{spare.url}{path}"}))
    assert type(fail_to_sell(client)) is RegisterRefused
    server.answer(AUTHORIZE, Answer({"Data": {"Token": "token-1"}}))
    assert type(fail_to_sell(client)) is OutcomeUnknown
    assert spare.asked == []


def test_every_call_carries_the_key_and_the_token_only_in_the_body(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, DONE)
    server.answer("/api/v4/ZReport", Answer({"Data": {}}))
    server.answer("/api/v4/XReport", Answer({"Data": {}}))
    server.answer("/api/v4/Cashboxes", Answer({"Data": {"List": []}}))
    server.answer(SHIFT_HISTORY, Answer({"Data": {"Shifts": []}}))
    server.answer(CHECK_HISTORY, Answer({"Data": {"Items": []}}))
    server.answer(TICKET, Answer({"Data": None}))
    server.answer("/api-portal/v4/cashbox/client-info", Answer({"Data": {}}))
    server.answer("/api-portal/v4/organization/main-info", Answer({"Data": {}}))
    sell(client)
    client.close_shift("C")
    client.x_report("C")
    client.list_cashboxes()
    client.list_newest_shifts("C")
    client.find_in_history("C", "altegio_1", 1)
    client.find_ticket("C", "altegio_1", 1)
    client.client_info("C")
    client.main_info("000000000000")

    assert len(server.asked) == 10
    for asked in server.asked:
        assert asked.headers["x-api-key"] == "api-key"
        assert asked.headers["Content-Type"] == "application/json"
        assert "token-1" not in f"{asked.path} {asked.headers}"
        assert asked.body.get("Token") == (None if asked.path == AUTHORIZE else "token-1")


def test_proxies_and_netrc_of_the_machine_are_ignored(
    server: CannedServer, client: WebkassaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{find_closed_address()}")
    server.answer(CHECK, DONE)
    assert sell(client) == "3300000000451"


@pytest.mark.parametrize("extra", [{}, {"Errors": None}, {"Errors": []}])
def test_success_with_any_spelling_of_no_errors(server: CannedServer, client: WebkassaClient, extra: dict[str, Any]) -> None:
    server.answer(CHECK, Answer({"Data": {"CheckNumber": "7"}, **extra}))
    receipt, raw = client.check(SALE)
    assert (receipt.fiscal_number, raw) == ("7", {"CheckNumber": "7"})


def test_a_failed_status_does_not_hide_the_registers_own_words(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, Answer({"Errors": [{"Code": 11, "Text": "24 часа"}]}, 500, {"Retry-After": "9"}))
    error = fail_to_sell(client)
    assert (error.code, error.retry_after) == ("11", 9)


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7), ("1.5", 1.5), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
)
def test_retry_after(server: CannedServer, client: WebkassaClient, value: str, seconds: float | None) -> None:
    server.answer(CHECK, Answer("slow down", 429, {"Retry-After": value}))
    assert fail_to_sell(client).retry_after == seconds


# Looking things up.


def shift(number: int, **fields: Any) -> dict[str, Any]:
    return {"ShiftNumber": number, "OpenDate": "13.04.2026 09:30:11", **fields}


def test_newest_shifts_come_from_the_last_page(server: CannedServer, client: WebkassaClient) -> None:
    first = [shift(number, CloseDate="13.04.2026 23:50:04") for number in range(1, 51)]
    last = [shift(number, CloseDate="13.04.2026 23:50:04") for number in range(21, 70)] + [shift(70)]
    pages = [Answer({"Data": {"Total": 70, "Shifts": rows}}) for rows in (first, last)]
    server.answer(SHIFT_HISTORY, *pages)
    shifts = client.list_newest_shifts("C")
    assert [row.number for row in shifts] == list(range(70, 0, -1))
    assert [row.number for row in shifts if row.is_open] == [70]
    assert [(asked.body["Skip"], asked.body["Take"]) for asked in server.asked_at(SHIFT_HISTORY)] == [(0, 50), (20, 50)]


def test_shifts_of_a_register_registered_anew_are_the_newest(server: CannedServer, client: WebkassaClient) -> None:
    """Its numbers begin at 1 again: by number they would never be asked for what was lost in them."""
    former = [shift(number, CloseDate=f"{number - 30:02}.04.2026 23:50:04") for number in (56, 57)]
    now = [shift(1, CloseDate="28.04.2026 23:50:04"), shift(2, CloseDate="29.04.2026 23:50:04"), shift(3)]
    server.answer(SHIFT_HISTORY, Answer({"Data": {"Total": 5, "Shifts": former + now}}))
    assert [row.number for row in client.list_newest_shifts("C")] == [3, 2, 1, 57, 56]


def test_history_is_read_page_by_page(server: CannedServer, client: WebkassaClient) -> None:
    others = [{"Number": str(number), "ExternalCheckNumber": f"other_{number}"} for number in range(50)]
    mine = {"Number": "777", "ExternalCheckNumber": "altegio_1", "Total": 4000}
    server.answer(
        CHECK_HISTORY,
        Answer({"Data": {"Total": 101, "Items": others}}),
        Answer({"Data": {"Total": 101, "Items": others}}),
        Answer({"Data": {"Total": 101, "Items": [mine]}}),
    )
    found = client.find_in_history("C", "altegio_1", 118)
    assert found is not None
    assert found.fiscal_number == "777"
    assert [asked.body["Skip"] for asked in server.asked_at(CHECK_HISTORY)] == [0, 50, 100]


def test_history_that_never_ends_is_left(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK_HISTORY, Answer({"Data": {"Total": 10**9, "Items": []}}))
    assert client.find_in_history("C", "altegio_1", 118) is None
    assert len(server.asked_at(CHECK_HISTORY)) == 1


@pytest.mark.parametrize("code", [15, 16, 19])
def test_not_found_is_an_answer(server: CannedServer, client: WebkassaClient, code: int) -> None:
    for path in (TICKET, CHECK_HISTORY, SHIFT_HISTORY):
        server.answer(path, fail(code))
    assert client.find_ticket("C", "altegio_1", 118) is None
    assert client.find_in_history("C", "altegio_1", 118) is None
    assert client.list_newest_shifts("C") == []


def test_a_found_receipt_without_its_number_is_no_answer(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(TICKET, Answer({"Data": {"ExternalCheckNumber": "altegio_1"}}))
    with pytest.raises(WebkassaUnavailable):
        client.find_ticket("C", "altegio_1", 118)


@pytest.mark.parametrize("code", [12, 13])
def test_a_shift_that_is_closed_already(server: CannedServer, client: WebkassaClient, code: int) -> None:
    server.answer("/api/v4/ZReport", fail(code))
    with pytest.raises(ShiftNotOpen):
        client.close_shift("C")
