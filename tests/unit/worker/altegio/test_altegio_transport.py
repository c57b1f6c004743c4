"""What a slow or confused way back makes of a question to Altegio."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fakeredis import FakeStrictRedis

from shared.config import Settings
from tests.unit.scripted_server import ScriptedServer, Serve, Visitor, make_answer
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioUnavailable
from worker.altegio.limits import Window

SALON = 1001


@pytest.fixture
def ask() -> Iterator[Callable[..., AltegioClient]]:
    """A client of that server."""
    with ExitStack() as stack:

        def make(server: ScriptedServer, **changes: float) -> AltegioClient:
            tokens = {"altegio_partner_token": "partner", "altegio_user_token": "user"}
            settings = Settings(_env_file=None, altegio_api_url=server.url, **tokens, **changes)
            redis = FakeStrictRedis()
            client = AltegioClient(settings, redis, windows=[Window(400, 60, background=200)])
            stack.callback(client.close)
            return client

        yield make


def make_record(number: int) -> bytes:
    return make_answer(json.dumps({"success": True, "data": {"id": number}}).encode())


def test_headers_that_trickle_in_end_with_the_deadline(ask: Callable[..., AltegioClient], serve: Serve) -> None:
    def trickle(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 60_000)

    client = ask(serve(trickle), altegio_connect_timeout=0.2, altegio_read_timeout=0.3)
    started = time.monotonic()
    with pytest.raises(AltegioUnavailable):
        client.get_record(SALON, 1)
    assert time.monotonic() - started < 8


def test_an_answer_to_another_question_moves_none_of_the_next(ask: Callable[..., AltegioClient], serve: Serve) -> None:
    def repeat_the_first(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.send(make_record(visitor.number))
        visitor.read_request()
        visitor.send(make_record(visitor.number))
        visitor.released.wait()

    server = serve(repeat_the_first)
    client = ask(server)
    assert client.get_record(SALON, 1)["id"] == 1
    with pytest.raises(AltegioUnavailable, match="another record was answered"):
        client.get_record(SALON, 2)
    assert client.get_record(SALON, 2)["id"] == 2
    assert server.connections == 2


def test_two_answers_to_one_question_are_none(ask: Callable[..., AltegioClient], serve: Serve) -> None:
    def answer_twice_the_second_time(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.send(make_record(1))
        visitor.read_request()
        visitor.send(make_record(1) + make_record(1))
        visitor.released.wait()

    client = ask(serve(answer_twice_the_second_time))
    client.get_record(SALON, 1)
    with pytest.raises(AltegioUnavailable, match="may be to another request"):
        client.get_record(SALON, 1)
