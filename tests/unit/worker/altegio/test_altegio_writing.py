"""Changes over REST: what leaves, what an answer says was done, and when nobody can say."""

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from fakeredis import FakeStrictRedis

from shared.config import Settings
from tests.unit.canned_server import Answer, CannedServer, find_closed_address
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError, AltegioRefused, AltegioUnavailable, NoRights, NotFound, OutcomeUnknown
from worker.altegio.limits import Window

SALON = 1001
RECORD = f"/api/v1/record/{SALON}/700001"
MONEY = f"/api/v1/finance_transactions/{SALON}"

LATER = math.inf
Make = Callable[[str], AltegioClient]


def good(data: Any) -> Answer:
    return Answer({"success": True, "data": data, "meta": []})


def refused(status: int) -> Answer:
    return Answer({"success": False, "data": None, "meta": {"message": "No"}}, status)


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        yield server


@pytest.fixture
def make() -> Iterator[Make]:
    with ExitStack() as stack:

        def make_client(url: str) -> AltegioClient:
            tokens = {"altegio_partner_token": "p4rtner-0f1e", "altegio_user_token": "us3r-2d3c"}
            times = {"altegio_connect_timeout": 0.3, "altegio_read_timeout": 0.5}
            settings = Settings(_env_file=None, altegio_api_url=url, **tokens, **times)
            redis = FakeStrictRedis()
            client = AltegioClient(settings, redis, windows=[Window(400, 60, 200)], patience=0)
            stack.callback(client.close)
            return client

        yield make_client


@pytest.fixture
def client(server: CannedServer, make: Make) -> AltegioClient:
    return make(server.url)


def test_a_record_leaves_as_it_was_read(server: CannedServer, client: AltegioClient) -> None:
    """To the letter: sums with fractions, empty lists, other alphabets."""
    record = {"id": 700001, "services": [{"cost": 2450.5}], "custom_fields": [], "comment": "Әсем 🌸"}
    server.answer(RECORD, good(record))
    read = client.get_whole_record(SALON, 700001)
    assert client.replace_record(SALON, 700001, read, not_after=LATER)["id"] == 700001
    sent = server.asked[-1]
    assert read["services"][0]["cost"] == Decimal("2450.5")
    assert json.loads(sent.raw) == record
    assert sent.headers["Authorization"] == "Bearer p4rtner-0f1e, User us3r-2d3c"


@pytest.mark.parametrize("comment", ["a\u0000b", "x" * 30_000])
def test_what_we_would_change_by_sending_it_back_is_not_offered(
    server: CannedServer, client: AltegioClient, comment: str
) -> None:
    server.answer(RECORD, good({"id": 700001, "comment": comment}))
    with pytest.raises(AltegioRefused, match="sent back"):
        client.get_whole_record(SALON, 700001)


def test_money_gets_a_number(server: CannedServer, client: AltegioClient) -> None:
    server.answer(MONEY, good({"id": "900000001"}))
    assert client.add_transaction(SALON, {"amount": 4000}, not_after=LATER) == 900_000_001


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused(401), NoRights),
        (refused(403), NoRights),
        (refused(404), NotFound),
        (refused(409), AltegioRefused),
        (refused(422), AltegioRefused),
        (refused(200), AltegioRefused),
        (refused(429), AltegioUnavailable),
        (Answer("<h1>429</h1>", 429), AltegioUnavailable),
        (Answer("<h1>403</h1>", 403), NoRights),
    ],
)
def test_a_refusal_says_that_nothing_was_done(
    server: CannedServer, client: AltegioClient, answer: Answer, error: type[AltegioError]
) -> None:
    server.answer(MONEY, answer)
    with pytest.raises(error) as raised:
        client.add_transaction(SALON, {"amount": 4000}, not_after=LATER)
    assert not isinstance(raised.value, OutcomeUnknown)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


@pytest.mark.parametrize(
    "answer",
    [
        refused(500),
        Answer("<h1>502</h1>", 502),
        Answer("<h1>welcome</h1>"),
        good({}),
        good(None),
        Answer({"success": True}, declared=4000),
        hang_up,
    ],
    ids=["500", "502", "a page", "no number", "nothing", "cut off", "gone"],
)
def test_no_word_of_what_became_of_it(server: CannedServer, client: AltegioClient, answer: Any) -> None:
    server.answer(MONEY, answer)
    server.answer(RECORD, answer)
    with pytest.raises(OutcomeUnknown):
        client.add_transaction(SALON, {"amount": 4000}, not_after=LATER)
    with pytest.raises(OutcomeUnknown):
        client.replace_record(SALON, 700001, {"id": 700001}, not_after=LATER)


def test_what_never_left_was_not_done(make: Make) -> None:
    with pytest.raises(AltegioUnavailable) as raised:
        make(f"http://{find_closed_address()}").add_transaction(SALON, {"amount": 4000}, not_after=LATER)
    assert not isinstance(raised.value, OutcomeUnknown)


def test_another_record_is_no_answer(server: CannedServer, client: AltegioClient) -> None:
    server.answer(RECORD, good({"id": 700002}))
    with pytest.raises(AltegioUnavailable):
        client.get_whole_record(SALON, 700001)
    with pytest.raises(OutcomeUnknown):
        client.replace_record(SALON, 700001, {"comment": ""}, not_after=LATER)


def test_what_was_held_up_for_too_long_does_not_leave(server: CannedServer, client: AltegioClient) -> None:
    """A worker was frozen between its decision and its call: another has done it by then."""
    with pytest.raises(AltegioUnavailable, match="not sent") as raised:
        client.add_transaction(SALON, {"amount": 4000}, not_after=time.monotonic() - 1)
    assert not isinstance(raised.value, OutcomeUnknown)
    assert server.asked == []


@pytest.mark.parametrize("answer", [good(None), Answer("", 204), refused(404)], ids=["told", "without a word", "gone"])
def test_an_operation_that_is_gone_is_deleted(server: CannedServer, client: AltegioClient, answer: Answer) -> None:
    server.answer(f"{MONEY}/900000001", answer)
    client.delete_transaction(SALON, 900_000_001, not_after=LATER)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("answer", "error"), [(refused(500), OutcomeUnknown), (refused(403), NoRights)])
def test_a_deletion_that_is_not_certain(
    server: CannedServer, client: AltegioClient, answer: Answer, error: type[AltegioError]
) -> None:
    server.answer(f"{MONEY}/900000001", answer)
    with pytest.raises(error):
        client.delete_transaction(SALON, 900_000_001, not_after=LATER)
