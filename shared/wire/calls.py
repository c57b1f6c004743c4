"""Sends requests over kept connections. A connection is kept only while nobody can doubt whose answer comes on it."""

import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from http.client import HTTPException
from types import MappingProxyType
from urllib.parse import urlsplit

from shared.wire.answer import Answer
from shared.wire.connection import Address, Connection, Limits
from shared.wire.deadline import Deadline, Endless, OffTheLeash, call_at_work

# NATs forget sooner than they should, and what is sent over a forgotten connection vanishes without a word.
IDLE_SECONDS = 15.0
_USER_AGENT = "altegio-webkassa"
_HEADER = "{}: {}\r\n"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class CallFailed(Exception):
    """Raised without an answer; the text says why, and holds no address."""


class NotSent(CallFailed):
    """Raised where not a byte of the request left."""


class NoAnswer(CallFailed):
    """Raised where the request began to leave. `is_late`: the other side may still be at work on it."""

    def __init__(self, text: str, *, is_late: bool = False) -> None:
        super().__init__(text)
        self.is_late = is_late


class Exchange:
    """Holds the answer to one request."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.is_believed = True

    def disbelieve(self) -> None:
        """Has the connection closed: the answer is another request's, and the one to this may still come."""
        self.is_believed = False


class Wire:
    """Sends requests with the same headers, and keeps up to `pool_size` connections to each server.

    Safe to share between threads. No proxy and no .netrc of the machine is asked, and no redirect is followed.
    """

    def __init__(self, headers: Mapping[str, str], limits: Limits, *, pool_size: int) -> None:
        """Raises ValueError for a header that cannot be sent."""
        every = {"User-Agent": _USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip", **headers}
        if any(not value.isascii() or not value.isprintable() for value in every.values()):
            raise ValueError("a header has letters that no header may have")
        self._headers = _write_headers(every)
        self._limits = limits
        self._pool_size = pool_size
        self._idle: defaultdict[Address, deque[Connection]] = defaultdict(deque)
        self._is_closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Closes the connections; those in use when their calls end."""
        self._is_closed = True
        self.forget_connections()

    def forget_connections(self) -> None:
        """Closes the connections that wait for their next call."""
        with self._lock:
            waiting = [connection for connections in self._idle.values() for connection in connections]
            self._idle.clear()
        for connection in waiting:
            connection.close()

    @contextmanager
    def exchange(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> Iterator[Exchange]:
        """Yields what a request led to; the connection is kept when the block ends. Raises NotSent, NoAnswer.

        `headers`: of this request besides those of all.
        """
        with call_at_work(self._limits.whole) as deadline:
            connection, answer = self._carry(method, url, body, _write_headers(headers), deadline)
        exchange = Exchange(answer)
        try:
            yield exchange
        finally:
            self._put_back(connection, is_kept=exchange.is_believed)

    def _carry(
        self, method: str, url: str, body: bytes | None, headers: str, deadline: Deadline
    ) -> tuple[Connection, Answer]:
        try:
            address, head = _prepare(method, url, self._headers + headers)
            connection = self._take(address) or Connection(address, self._limits, deadline)
        except (OSError, ValueError) as error:
            raise NotSent(_name_problem(error)) from None
        length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        try:
            return connection, connection.exchange(b"%s%s\r\n%s" % (head, length, body or b""), method, deadline)
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            if not connection.has_begun:
                raise NotSent(_name_problem(error)) from None
            # By name alone: the library's own texts may hold what was sent.
            text = str(error) if isinstance(error, Endless) else f"no answer ({type(error).__name__})"
            raise NoAnswer(text, is_late=isinstance(error, TimeoutError)) from None
        except BaseException:
            connection.close()
            raise

    def _take(self, address: Address) -> Connection | None:
        """The connection that was used last, if nothing is wrong with it."""
        while True:
            with self._lock:
                waiting = self._idle[address]
                if not waiting:
                    return None
                connection = waiting.pop()
            if not _is_old(connection) and connection.is_quiet():
                return connection
            connection.close()

    def _put_back(self, connection: Connection, *, is_kept: bool) -> None:
        """Behind it the old ones go, which nobody would take any more."""
        dropped = []
        with self._lock:
            waiting = self._idle[connection.address]
            while waiting and _is_old(waiting[0]):
                dropped.append(waiting.popleft())
            if is_kept and connection.is_reusable and not self._is_closed and len(waiting) < self._pool_size:
                waiting.append(connection)
            else:
                dropped.append(connection)
        for each in dropped:
            each.close()


def _write_headers(headers: Mapping[str, str]) -> str:
    return "".join(_HEADER.format(name, value) for name, value in headers.items())


@lru_cache(maxsize=256)
def _prepare(method: str, url: str, headers: str) -> tuple[Address, bytes]:
    """Whom to call, and the head of the request but for its length. Raises ValueError for what is no address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no address of a server")
    is_secure = parts.scheme == "https"
    usual = 443 if is_secure else 80
    address = Address(parts.hostname, parts.port or usual, is_secure)
    host = f"[{address.host}]" if ":" in address.host else address.host
    named = host if address.port == usual else f"{host}:{address.port}"
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return address, f"{method} {target} HTTP/1.1\r\nHost: {named}\r\n{headers}".encode("ascii")


def _is_old(connection: Connection) -> bool:
    return time.monotonic() - connection.idle_since > IDLE_SECONDS


def _name_problem(error: OSError | ValueError | HTTPException) -> str:
    if isinstance(error, OffTheLeash):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS certificate is not trusted: {error.verify_message}"
    return "TLS handshake failed" if isinstance(error, ssl.SSLError) else "cannot be reached"
