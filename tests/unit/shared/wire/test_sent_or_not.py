"""Whether a request began to leave is known by where a call broke, never by the kind of the error."""

import itertools
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from shared.wire.calls import NoAnswer, NotSent, Wire
from tests.unit.authority import Authority
from tests.unit.canned_server import find_closed_address
from tests.unit.scripted_server import MakeWire, Script, Serve, Visitor, post

# Application data of 64 bytes that no key can read.
BAD_RECORD = b"\x17\x03\x03\x00\x40" + b"\x5a" * 64


def close_with_reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


# Not a byte has left.


def test_refused(wire: Wire) -> None:
    with pytest.raises(NotSent, match="cannot be reached"), wire.exchange("POST", f"http://{find_closed_address()}/", b"{}"):
        pass


@pytest.mark.parametrize("name", ["webkassa.invalid", "a..b", "x" * 70])
def test_a_name_without_an_address(wire: Wire, name: str) -> None:
    with pytest.raises(NotSent, match="cannot be reached"), wire.exchange("POST", f"http://{name}/", b"{}"):
        pass


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http:///api", "http://127.0.0.1/ы"])
def test_what_is_no_address(wire: Wire, url: str) -> None:
    with pytest.raises(NotSent), wire.exchange("POST", url, b"{}"):
        pass


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Where nobody takes another connection, as behind a firewall that drops what comes."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_nobody_takes_the_connection(make_wire: MakeWire, deaf_port: int) -> None:
    wire = make_wire(connect=0.3)
    with pytest.raises(NotSent), wire.exchange("POST", f"http://127.0.0.1:{deaf_port}/", b"{}"):
        pass


def test_a_certificate_that_nobody_vouches_for(wire: Wire, serve: Serve, authority: Authority) -> None:
    server = serve(Visitor.read_request, tls=authority.make_context("other.example"))
    with pytest.raises(NotSent, match="certificate is not trusted"):
        post(wire, server)


def test_the_other_side_speaks_no_tls(wire: Wire, serve: Serve, authority: Authority) -> None:
    server = serve(lambda visitor: visitor.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    url = server.url.replace("http:", "https:")
    with pytest.raises(NotSent, match="TLS handshake failed"), wire.exchange("POST", url, b"{}"):
        pass


@pytest.mark.parametrize("end", [socket.socket.close, close_with_reset])
def test_a_handshake_that_breaks_off(wire: Wire, serve: Serve, end: Callable[[socket.socket], None]) -> None:
    def break_off(visitor: Visitor) -> None:
        visitor.read_head()
        end(visitor.sock)

    url = serve(break_off).url.replace("http:", "https:")
    with pytest.raises(NotSent), wire.exchange("POST", url, b"{}"):
        pass


def test_a_handshake_that_does_not_end(make_wire: MakeWire, serve: Serve) -> None:
    # The head of a record of 16384 bytes, and then one of them at a time.
    url = serve(lambda visitor: visitor.drip(b"\x16\x03\x03\x40\x00")).url.replace("http:", "https:")
    with pytest.raises(NotSent), make_wire(connect=0.3).exchange("POST", url, b"{}"):
        pass


# It began to leave.


def garble(visitor: Visitor) -> None:
    visitor.send_past_tls(b"this is no record of TLS")


def spoil_record(visitor: Visitor) -> None:
    visitor.send_past_tls(BAD_RECORD)


def spoil_record_in_an_answer(visitor: Visitor) -> None:
    visitor.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Data"')
    visitor.send_past_tls(BAD_RECORD)


def tear_off(visitor: Visitor) -> None:
    visitor.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Data"')


def say_nothing(visitor: Visitor) -> None:
    """And end."""


def reset(visitor: Visitor) -> None:
    close_with_reset(visitor.sock)


def speak_otherwise(visitor: Visitor) -> None:
    visitor.send(b"220 mail.example ESMTP\r\n")


WITH_TLS = [garble, spoil_record, spoil_record_in_an_answer]


@pytest.mark.parametrize(
    ("spoil", "is_secure"),
    [
        *itertools.product(WITH_TLS, [True]),
        *itertools.product([tear_off, say_nothing, reset, speak_otherwise], [True, False]),
    ],
)
def test_what_breaks_after_the_request(
    wire: Wire, serve: Serve, authority: Authority, spoil: Script, is_secure: bool
) -> None:
    read: list[bytes] = []

    def script(visitor: Visitor) -> None:
        read.append(visitor.read_request())
        spoil(visitor)

    server = serve(script, tls=authority.make_context() if is_secure else None)
    with pytest.raises(NoAnswer) as caught:
        post(wire, server, b'{"sale": 1}')
    assert read == [b'{"sale": 1}']
    assert not caught.value.is_late


@pytest.mark.parametrize("spoil", WITH_TLS)
def test_what_breaks_on_a_kept_connection(wire: Wire, serve: Serve, authority: Authority, spoil: Script) -> None:
    def script(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.answer(1)
        visitor.read_request()
        spoil(visitor)

    server = serve(script, tls=authority.make_context())
    assert post(wire, server).content == b"1"
    with pytest.raises(NoAnswer):
        post(wire, server)
    assert server.connections == 1


def test_silence_after_the_request_is_late(make_wire: MakeWire, serve: Serve) -> None:
    def script(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.released.wait()

    with pytest.raises(NoAnswer) as caught:
        post(make_wire(silence=0.3), serve(script))
    assert caught.value.is_late


def test_the_same_kind_of_error_comes_from_both_sides() -> None:
    """Which is why it tells nothing: a fault of TLS is an SSLError before and after the request."""
    assert issubclass(ssl.SSLCertVerificationError, ssl.SSLError)
    assert issubclass(ssl.SSLEOFError, ssl.SSLError)


# A request that does not leave wholly.


def test_an_answer_before_the_request_has_left_is_marked(wire: Wire, serve: Serve) -> None:
    has_answered = threading.Event()

    def refuse_early(visitor: Visitor) -> None:
        visitor.read_head()
        visitor.answer(b"too large", status="413 Content Too Large")
        has_answered.set()
        visitor.released.wait()

    server = serve(refuse_early)
    answer = post(wire, server, os.urandom(64) * 1024 * 256)
    assert has_answered.wait(10)
    assert (answer.status, answer.is_early) == (413, True)


def test_the_answer_of_one_who_takes_no_more_is_read(make_wire: MakeWire, serve: Serve) -> None:
    def refuse_and_leave(visitor: Visitor) -> None:
        visitor.read_head()
        visitor.answer(b"too large", status="413 Content Too Large", headers="Connection: close\r\n")
        visitor.sock.shutdown(socket.SHUT_WR)
        visitor.released.wait()

    answer = post(make_wire(connect=30, silence=30), serve(refuse_and_leave), os.urandom(64) * 1024 * 256)
    assert (answer.status, answer.is_early) == (413, True)


def test_an_answer_that_comes_while_nothing_is_taken_is_read(make_wire: MakeWire, serve: Serve) -> None:
    """Nothing more can leave by then, and that lasts as long as the patience does."""

    def take_nothing_and_refuse(visitor: Visitor) -> None:
        visitor.read_head()
        visitor.released.wait(1)  # until the client can send no more
        visitor.answer(b"too large", status="413 Content Too Large", headers="Connection: close\r\n")
        visitor.released.wait()

    answer = post(make_wire(connect=30, silence=30), serve(take_nothing_and_refuse), os.urandom(64) * 1024 * 256)
    assert (answer.status, answer.is_early) == (413, True)


def test_the_answer_of_one_who_slams_the_door_is_read(wire: Wire, serve: Serve) -> None:
    def refuse_and_reset(visitor: Visitor) -> None:
        visitor.read_head()
        visitor.released.wait(0.5)  # until the client can send no more
        visitor.answer(b"too large", status="413 Content Too Large")
        visitor.sock.close()  # with bytes unread, which is a reset

    answer = post(wire, serve(refuse_and_reset), os.urandom(64) * 1024 * 512)
    assert (answer.status, answer.is_early) == (413, True)
