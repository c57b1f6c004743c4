"""A kept connection can never bring the answer to another request, and is given up at the first doubt."""

import socket
import threading

import pytest

from dev.demo.waiting import wait_until
from shared.wire.calls import IDLE_SECONDS, NoAnswer, Wire
from shared.wire.connection import Connection, Limits
from tests.unit.authority import Authority
from tests.unit.scripted_server import MakeWire, ScriptedServer, Serve, Visitor, make_answer, post


def echo(visitor: Visitor) -> None:
    while True:
        visitor.answer(visitor.read_request())


def find_kept(wire: Wire) -> list[Connection]:
    return [connection for waiting in wire._idle.values() for connection in waiting]


def await_something(wire: Wire) -> None:
    """Until what a server sent unasked has arrived."""
    (kept,) = find_kept(wire)
    wait_until(lambda: not kept.is_quiet(), timeout=10, what="something to come", poll=0.005)


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def serve_either(request: pytest.FixtureRequest, serve: Serve, authority: Authority) -> Serve:
    tls = authority.make_context() if request.param else None
    return lambda script: serve(script, tls=tls)


def test_one_connection_carries_many_calls(wire: Wire, serve_either: Serve) -> None:
    server = serve_either(echo)
    assert [post(wire, server, b"%d" % number).content for number in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
    assert server.connections == 1


def test_an_answer_that_comes_again_is_nobodys(wire: Wire, serve_either: Serve) -> None:
    def repeat_the_first(visitor: Visitor) -> None:
        body = visitor.read_request()
        visitor.answer(body)
        if visitor.number == 1:
            visitor.released.wait(0.06)
            visitor.answer(body)
        visitor.answer(visitor.read_request())

    server = serve_either(repeat_the_first)
    assert post(wire, server, b"1").content == b"1"
    await_something(wire)
    assert post(wire, server, b"2").content == b"2"
    assert server.connections == 2


def test_what_comes_right_behind_an_answer_ends_its_connection(wire: Wire, serve_either: Serve) -> None:
    def answer_twice(visitor: Visitor) -> None:
        body = visitor.read_request()
        visitor.send(make_answer(body) * 2)
        visitor.released.wait()

    server = serve_either(answer_twice)
    first = post(wire, server, b"1")
    # On a connection that carried nothing else it is its answer all the same.
    assert (first.content, first.is_doubtful) == (b"1", False)
    assert post(wire, server, b"2").content == b"2"
    assert server.connections == 2


def test_two_answers_on_a_used_connection_are_both_doubtful(wire: Wire, serve_either: Serve) -> None:
    def repeat_before_the_second(visitor: Visitor) -> None:
        first = visitor.read_request()
        visitor.answer(first)
        second = visitor.read_request()
        visitor.send(make_answer(first) + make_answer(second))
        visitor.released.wait()

    server = serve_either(repeat_before_the_second)
    post(wire, server, b"1")
    assert post(wire, server, b"2").is_doubtful
    assert find_kept(wire) == []


def test_an_answer_that_nobody_believes_ends_its_connection(wire: Wire, serve_either: Serve) -> None:
    """It came between our last look and our request: only its words show whose it is, and ours is still to come."""

    def repeat_as_the_second_comes(visitor: Visitor) -> None:
        first = visitor.read_request()
        visitor.answer(first)
        second = visitor.read_request()
        visitor.answer(first)
        visitor.answer(second)

    server = serve_either(repeat_as_the_second_comes)
    post(wire, server, b"1")
    with wire.exchange("POST", server.url, b"2") as exchange:
        exchange.disbelieve()
    assert find_kept(wire) == []
    assert post(wire, server, b"3").content == b"3"


def test_the_end_of_a_connection_is_seen_before_it_is_used(wire: Wire, serve_either: Serve) -> None:
    is_answered = threading.Event()

    def answer_and_end(visitor: Visitor) -> None:
        visitor.answer(visitor.read_request())
        is_answered.wait(10)

    server = serve_either(answer_and_end)
    assert post(wire, server, b"1").content == b"1"
    is_answered.set()
    await_something(wire)
    assert post(wire, server, b"2").content == b"2"


def test_a_late_answer_is_never_the_next_ones(make_wire: MakeWire, serve_either: Serve) -> None:
    wire, is_given_up = make_wire(silence=1.0), threading.Event()

    def answer_late(visitor: Visitor) -> None:
        body = visitor.read_request()
        if visitor.number == 1:
            is_given_up.wait(10)
        visitor.answer(body)
        visitor.answer(visitor.read_request())

    server = serve_either(answer_late)
    with pytest.raises(NoAnswer):
        post(wire, server, b"1")
    is_given_up.set()
    assert post(wire, server, b"2").content == b"2"
    assert post(wire, server, b"3").content == b"3"


def test_half_an_answer_leaves_nothing_to_the_next(wire: Wire, serve: Serve) -> None:
    def tear_the_first(visitor: Visitor) -> None:
        body = visitor.read_request()
        if visitor.number == 1:
            visitor.send(make_answer(body)[:-1])
            visitor.sock.shutdown(socket.SHUT_WR)
        else:
            visitor.answer(body)

    server = serve(tear_the_first)
    with pytest.raises(NoAnswer):
        post(wire, server, b"11")
    assert post(wire, server, b"22").content == b"22"


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_what_only_announces_an_answer_is_none(wire: Wire, serve: Serve, status: str) -> None:
    def announce(visitor: Visitor) -> None:
        while True:
            body = visitor.read_request()
            visitor.send(f"HTTP/1.1 {status}\r\nLink: </style.css>\r\n\r\n".encode() * 3)
            visitor.answer(body)

    server = serve(announce)
    assert [post(wire, server, body).content for body in (b"1", b"2")] == [b"1", b"2"]
    assert server.connections == 1


@pytest.mark.parametrize("headers", ["Connection: close\r\n", "connection: Close\r\n"])
def test_a_server_that_will_not_go_on(wire: Wire, serve: Serve, headers: str) -> None:
    server = serve(lambda visitor: visitor.answer(visitor.read_request(), headers=headers))
    assert [post(wire, server, body).content for body in (b"1", b"2")] == [b"1", b"2"]
    assert server.connections == 2


def test_a_connection_that_rested_is_not_used_again(wire: Wire, serve: Serve) -> None:
    server = serve(echo)
    post(wire, server)
    (kept,) = find_kept(wire)
    kept.idle_since -= IDLE_SECONDS + 1
    post(wire, server)
    assert server.connections == 2
    assert kept._sock.fileno() == -1


def test_old_connections_go_when_a_newer_one_comes_back(wire: Wire, serve: Serve) -> None:
    server = serve(echo)
    keep_two(wire, server)
    old, new = find_kept(wire)
    old.idle_since -= IDLE_SECONDS + 1
    post(wire, server)
    assert find_kept(wire) == [new]
    assert old._sock.fileno() == -1


def keep_two(wire: Wire, server: ScriptedServer) -> None:
    both = threading.Barrier(2)

    def meet() -> None:
        with wire.exchange("POST", server.url, b"{}"):
            both.wait(10)

    other = threading.Thread(target=meet)
    other.start()
    meet()
    other.join()


def test_no_more_connections_are_kept_than_asked_for(make_wire: MakeWire, serve: Serve) -> None:
    wire = make_wire(pool_size=1)
    keep_two(wire, serve(echo))
    assert len(find_kept(wire)) == 1


def test_what_is_closed_keeps_nothing(wire: Wire, serve: Serve) -> None:
    server = serve(echo)
    with wire.exchange("POST", server.url, b"{}"):
        wire.close()
    assert find_kept(wire) == []


def test_a_silent_connection_is_probed(wire: Wire, serve: Serve) -> None:
    server = serve(echo)
    post(wire, server)
    (kept,) = find_kept(wire)
    assert kept._sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert kept._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < IDLE_SECONDS


def test_a_wire_that_nobody_closed_leaves_no_socket_open(serve: Serve) -> None:
    server = serve(echo)
    wire = Wire({}, Limits(5, 5), pool_size=1)
    post(wire, server)
    (sock,) = [kept._sock for kept in find_kept(wire)]
    del wire
    assert sock.fileno() == -1
