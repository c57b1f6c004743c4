"""What an answer carries besides its body."""

import gzip
import zlib

import pytest

from shared.clock import utc_now
from shared.wire.answer import MAX_ANSWER_BYTES, MAX_RETRY_AFTER_SECONDS, Answer
from shared.wire.calls import NoAnswer, Wire
from shared.wire.connection import Limits
from tests.unit.scripted_server import Serve, Visitor, make_answer, post

NOON = "Sat, 28 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 1.5 ", 1.5),
        ("0", 0),
        ("86400", MAX_RETRY_AFTER_SECONDS),
        ("Sat, 28 Nov 2026 12:00:30 GMT", 30),
        ("Saturday, 28-Nov-26 12:00:30 GMT", 30),
        ("Sat Nov 28 12:00:30 2026", 30),
        ("Sat, 28 Nov 2026 17:02:00 +0500", 120),
        ("Sun, 29 Nov 2026 12:00:00 GMT", MAX_RETRY_AFTER_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_SECONDS),
        (NOON, None),
        ("Sat, 28 Nov 2026 11:59:59 GMT", None),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("Sat, 99 Nov 2026 12:00:00 GMT", None),
        ("1e9", None),
        ("٣", None),
    ],
)
def test_retry_after_counts_from_the_senders_own_clock(value: str, seconds: float | None) -> None:
    assert Answer(503, {"retry-after": value, "date": NOON}, b"").retry_after == seconds


@pytest.mark.parametrize("date", [{}, {"date": "yesterday"}])
def test_retry_after_counts_from_ours_where_the_sender_has_none(date: dict[str, str]) -> None:
    soon = Answer(503, {"retry-after": f"{utc_now().replace(year=2099):%a, %d %b %Y} 00:00:00 GMT", **date}, b"")
    assert soon.retry_after == MAX_RETRY_AFTER_SECONDS
    assert Answer(503, {"retry-after": "Sat, 28 Nov 2020 12:00:00 GMT", **date}, b"").retry_after is None
    assert Answer(503, date, b"").retry_after is None


def test_headers_in_any_case_and_more_than_once(wire: Wire, serve: Serve) -> None:
    headers = "X-One: 1\r\nx-one: 2\r\nAlternativeDomainNames: a.example\r\n"
    answer = post(wire, serve(lambda visitor: visitor.answer(visitor.read_request(), headers=headers)))
    assert (answer.headers["x-one"], answer.headers["alternativedomainnames"]) == ("1, 2", "a.example")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "GZIP"])
def test_a_packed_body_is_unpacked(wire: Wire, serve: Serve, encoding: str) -> None:
    packed = (zlib if encoding == "deflate" else gzip).compress(b'{"Data": 1}')
    headers = f"Content-Encoding: {encoding}\r\n"

    def pack(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.answer(packed, headers=headers)

    assert post(wire, serve(pack)).content == b'{"Data": 1}'


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"1")[:-4], b"no such thing", gzip.compress(b" " * (MAX_ANSWER_BYTES + 1))],
    ids=["torn-off", "not-packed", "endless"],
)
def test_a_packed_body_that_cannot_be_unpacked(wire: Wire, serve: Serve, packed: bytes) -> None:
    def pack(visitor: Visitor) -> None:
        visitor.read_request()
        visitor.answer(packed, headers="Content-Encoding: gzip\r\n")

    with pytest.raises(NoAnswer):
        post(wire, serve(pack))


def test_what_is_sent(wire: Wire, serve: Serve) -> None:
    heads: list[bytes] = []

    def show(visitor: Visitor) -> None:
        while True:
            heads.append(visitor.sock.recv(65536))
            visitor.send(make_answer(1))

    server = serve(show)
    with wire.exchange("GET", f"{server.url}/api/v1?page=1"):
        pass
    with wire.exchange("POST", server.url, b""):
        pass
    get, posted = heads
    assert get.startswith(b"GET /api/v1?page=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % server.port)
    assert b"x-api-key: key\r\n" in get
    assert b"Content-Length" not in get
    assert posted.startswith(b"POST / HTTP/1.1\r\n")
    assert b"Content-Length: 0\r\n" in posted


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "ключ", "a\x00b", "a\tb"])
def test_a_header_that_cannot_be_sent(value: str) -> None:
    with pytest.raises(ValueError, match="no header may have"):
        Wire({"x-api-key": value}, Limits(1, 1), pool_size=1)
