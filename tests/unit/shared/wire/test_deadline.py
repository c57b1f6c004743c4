"""A call ends with its deadline, whatever trickles in; the limits are short here, the patience of the tests is not."""

import socket
import threading
import time
from typing import Any

import pytest

from shared.wire.calls import NoAnswer, NotSent, Wire
from shared.wire.connection import Limits
from shared.wire.deadline import call_at_work, is_overdue
from tests.unit.authority import Authority
from tests.unit.scripted_server import MakeWire, Serve, Visitor, make_answer, post

LIMIT, PATIENCE = 0.4, 8.0
LARGER_THAN_BUFFERS = b" " * 16 * 1024 * 1024


@pytest.fixture
def hasty(make_wire: MakeWire) -> Wire:
    return make_wire(connect=LIMIT / 2, silence=LIMIT / 2)


def hurry(wire: Wire) -> None:
    """From now on the wire and its kept connection have as little time."""
    (kept,) = [connection for waiting in wire._idle.values() for connection in waiting]
    wire._limits = kept._limits = kept._incoming._limits = Limits(LIMIT / 2, LIMIT / 2)


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        pytest.param(b"", b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 60_000, id="status-and-headers"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="100-continue"),
        pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", id="103-early-hints"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;x=y", id="the-size-of-a-chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", id="trailers"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", b" ", id="body-until-the-end"),
    ],
)
@pytest.mark.parametrize("is_secure", [False, True], ids=["plain", "tls"])
def test_a_byte_at_a_time(
    wire: Wire, serve: Serve, authority: Authority, begin: bytes, drop: bytes, is_secure: bool
) -> None:
    def trickle(visitor: Visitor) -> None:
        visitor.answer(visitor.read_request())
        visitor.read_request()
        visitor.send(begin)
        visitor.drip(drop)

    server = serve(trickle, tls=authority.make_context() if is_secure else None)
    # A busy machine may need longer for the handshake than the call under test is given.
    post(wire, server)
    hurry(wire)
    started = time.monotonic()
    with pytest.raises(NoAnswer) as caught:
        post(wire, server)
    assert caught.value.is_late
    assert time.monotonic() - started < PATIENCE


def test_endless_announcements_at_full_speed(hasty: Wire, serve: Serve) -> None:
    def flood(visitor: Visitor) -> None:
        visitor.read_request()
        while not visitor.released.is_set():
            visitor.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    with pytest.raises(NoAnswer, match="does not end"):
        post(hasty, serve(flood))


def test_a_record_of_tls_that_does_not_end(wire: Wire, serve: Serve, authority: Authority) -> None:
    def trickle(visitor: Visitor) -> None:
        visitor.answer(visitor.read_request())
        visitor.read_request()
        visitor.send_past_tls(b"\x17\x03\x03\x40\x00")
        while not visitor.released.wait(0.02):
            visitor.send_past_tls(b"\x00")

    server = serve(trickle, tls=authority.make_context())
    post(wire, server)
    hurry(wire)
    with pytest.raises(NoAnswer):
        post(wire, server)


def test_a_request_that_nobody_takes(make_wire: MakeWire, serve: Serve) -> None:
    def stop_reading(visitor: Visitor) -> None:
        visitor.read_head()
        visitor.released.wait()

    with pytest.raises(NoAnswer) as caught:
        post(make_wire(connect=5.0, silence=LIMIT), serve(stop_reading), LARGER_THAN_BUFFERS)
    assert caught.value.is_late


def test_a_request_that_is_taken_slowly(make_wire: MakeWire, serve: Serve) -> None:
    def read_slowly(visitor: Visitor) -> None:
        while not visitor.released.wait(0.01):
            visitor.sock.recv(16 * 1024)

    started = time.monotonic()
    with pytest.raises(NoAnswer):  # 40 seconds' worth
        post(make_wire(connect=0.5, silence=1.5), serve(read_slowly), b" " * 64 * 1024 * 1024)
    assert time.monotonic() - started < 15


def test_silence_is_given_less_time_than_the_whole_call(make_wire: MakeWire, serve: Serve) -> None:
    def say_nothing(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.released.wait()

    started = time.monotonic()
    with pytest.raises(NoAnswer):
        post(make_wire(connect=20, silence=0.2), serve(say_nothing))
    assert time.monotonic() - started < PATIENCE


def test_many_addresses_of_a_name_have_one_deadline(make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []

    class Deaf(socket.socket):
        """Nobody answers there, however long one waits."""

        def connect(self, address: Any) -> None:
            tried.append(self.gettimeout() or 0)
            time.sleep(tried[-1])
            raise TimeoutError

    found = socket.getaddrinfo("127.0.0.1", 1, type=socket.SOCK_STREAM) * 20
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "socket", Deaf)
    with pytest.raises(NotSent), make_wire(connect=0.2, silence=0.1).exchange("GET", "http://webkassa.example/"):
        pass
    assert sum(tried) < 0.4


def test_a_slow_look_up_of_a_name_sends_nothing(hasty: Wire, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be interrupted, so it may take longer; by then the call is over."""
    look_up = socket.getaddrinfo

    def look_up_slowly(*asked: Any, **more: Any) -> Any:
        time.sleep(LIMIT * 1.5)
        return look_up(*asked, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    server = serve(Visitor.read_request)
    with pytest.raises(NotSent):
        post(hasty, server)
    assert server.connections == 0


def test_an_answer_of_any_size_is_taken_in_time(wire: Wire, serve: Serve) -> None:
    """The limit is of the whole, not of each piece: what comes steadily is not given up before."""
    content = b" " * 3_000_000

    def answer_in_pieces(visitor: Visitor) -> None:
        visitor.read_request()
        raw = make_answer(content)
        for start in range(0, len(raw), 500_000):
            visitor.send(raw[start : start + 500_000])

    assert post(wire, serve(answer_in_pieces)).content == content


def test_more_than_any_answer_is_left(wire: Wire, serve: Serve) -> None:
    def flood(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while not visitor.released.is_set():
            visitor.send(b" " * 1024 * 1024)

    with pytest.raises(NoAnswer, match="the answer does not end"):
        post(wire, serve(flood))


# Who else has to know.


def test_a_call_is_overdue_until_it_ends() -> None:
    mine = threading.get_ident()
    assert not is_overdue(mine)
    with call_at_work(60):
        assert not is_overdue(mine)
    with call_at_work(0):
        assert is_overdue(mine)
        assert not is_overdue(mine + 1)
    assert not is_overdue(mine)
