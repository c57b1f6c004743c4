"""What becomes of a sale when the way back breaks, and when the answer is another sale's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.wire.answer import Answer
from tests.unit.authority import Authority
from tests.unit.scripted_server import ScriptedServer, Serve, Visitor
from worker.webkassa.errors import LoginRefused, OutcomeUnknown, ReceiptRejected, WebkassaError, WebkassaUnavailable
from worker.webkassa.transport import Transport


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport("api-key", connect_timeout=5, read_timeout=5, pool_size=4)
    yield made
    made.close()


def sell(transport: Transport, server: ScriptedServer, number: int) -> int:
    """The number of the sale whose answer it was. Raises OutcomeUnknown for another's."""

    def read(answer: Answer) -> int:
        named: int = json.loads(answer.content)
        if named != number:
            raise OutcomeUnknown(f"the answer is of {named}")
        return named

    return transport.post(f"{server.url}/api/v4/check", b"%d" % number, read)


def test_a_sale_is_unknown_when_tls_breaks_after_it(transport: Transport, serve: Serve, authority: Authority) -> None:
    recorded: list[bytes] = []

    def record_and_break(visitor: Visitor) -> None:
        recorded.append(visitor.read_request())
        visitor.send_past_tls(b"this is no record of TLS")

    with pytest.raises(OutcomeUnknown):
        sell(transport, serve(record_and_break, tls=authority.make_context()), 1)
    assert recorded == [b"1"]


def test_a_sale_was_not_sent_to_whom_nobody_vouches_for(transport: Transport, serve: Serve, authority: Authority) -> None:
    recorded: list[bytes] = []
    server = serve(lambda visitor: recorded.append(visitor.read_request()), tls=authority.make_context("other.example"))
    with pytest.raises(WebkassaUnavailable, match="certificate is not trusted"):
        sell(transport, server, 1)
    assert recorded == []


def test_an_answer_told_twice_costs_one_question_and_moves_no_number(transport: Transport, serve: Serve) -> None:
    """The second comes after our look at the connection and before the next sale: no look can be close enough."""

    def tell_the_first_twice(visitor: Visitor) -> None:
        first = visitor.read_request()
        visitor.answer(int(first))
        second = visitor.read_request()
        if visitor.number == 1:
            visitor.answer(int(first))
        visitor.answer(int(second))
        visitor.answer(int(visitor.read_request()))

    server = serve(tell_the_first_twice)
    assert sell(transport, server, 1) == 1
    with pytest.raises(OutcomeUnknown):
        sell(transport, server, 2)
    assert [sell(transport, server, number) for number in (3, 4)] == [3, 4]
    assert server.connections == 2


@pytest.mark.parametrize(("error", "connections"), [(ReceiptRejected("no"), 1), (OutcomeUnknown("not ours"), 2)])
def test_only_doubt_costs_the_connection(transport: Transport, serve: Serve, error: WebkassaError, connections: int) -> None:
    def answer_all(visitor: Visitor) -> None:
        while True:
            visitor.answer(int(visitor.read_request()))

    def refuse(answer: Answer) -> Any:
        raise error

    server = serve(answer_all)
    with pytest.raises(WebkassaError):
        transport.post(server.url, b"1", refuse)
    assert sell(transport, server, 2) == 2
    assert server.connections == connections


@pytest.mark.parametrize("key", ["ключ", "key\r\nHost: evil.example"])
def test_a_key_that_cannot_be_one(key: str) -> None:
    with pytest.raises(LoginRefused) as caught:
        Transport(key, connect_timeout=1, read_timeout=1, pool_size=1)
    assert caught.value.code == "401"
    assert key not in str(caught.value)
