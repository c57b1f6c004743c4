"""Keeps one connection to a server, for one request and its answer after another."""

import functools
import io
import select
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPResponse, IncompleteRead
from typing import NamedTuple

import certifi

from shared.wire.answer import MAX_ANSWER_BYTES, Answer, unpack
from shared.wire.deadline import Deadline, Endless, check_leash

# A request is looked after between two pieces of it: an answer that comes meanwhile is not its answer.
_PIECE_BYTES = 16 * 1024
# Asked of the other side while a connection is silent: no NAT forgets it under a call, no dead machine goes unseen.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}


class Address(NamedTuple):
    """Names a server that is spoken to with TLS, or without."""

    host: str
    port: int
    is_secure: bool


class Limits(NamedTuple):
    """Holds how many seconds a connection may take, and how long the other side may be silent."""

    connect: float
    silence: float

    @property
    def whole(self) -> float:
        """Returns how long a call may last, from the first look-up of a name to the last byte of the answer."""
        return self.connect + self.silence


class Connection:
    """Carries requests to one server, one at a time. Every step of a call ends by the call's deadline."""

    def __init__(self, address: Address, limits: Limits, deadline: Deadline) -> None:
        """Raises OSError, or ValueError for what is no name. Nothing of a request has left then."""
        self.address = address
        self._limits = limits
        self._sock = _connect(address, limits, deadline)
        self._incoming = _Incoming(self._sock, limits)
        self._reader = _Reader(self._incoming)
        self._poll = select.poll()
        self._poll.register(self._sock, select.POLLIN)
        self._either = select.poll()
        self._either.register(self._sock, select.POLLIN | select.POLLOUT)
        # Whether the request of the last exchange began to leave, and whether there was another before it.
        self.has_begun = False
        self.is_used = False
        self.is_reusable = False
        self.idle_since = 0.0

    def exchange(self, request: bytes, method: str, deadline: Deadline) -> Answer:
        """Sends a request and returns what came back. Raises OSError, HTTPException, ValueError; see `has_begun` then."""
        self.is_used, self.has_begun, self.is_reusable = self.has_begun, False, False
        is_sent = self._send(request, deadline)
        answer, keeps_open = self._receive(method, deadline)
        is_quiet = self.is_quiet()
        self.is_reusable = is_sent and is_quiet and keeps_open
        self.idle_since = time.monotonic()
        return answer._replace(is_early=not is_sent, is_doubtful=not is_quiet and self.is_used and self._has_more())

    def is_quiet(self) -> bool:
        """Says whether nothing came that no answer took: neither a byte nor the end of the connection."""
        is_unread = self._reader.peek(1) or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending())
        return not is_unread and not self._poll.poll(0)

    def close(self) -> None:
        self._sock.close()

    def __del__(self) -> None:
        """Of a wire that nobody closed."""
        with suppress(AttributeError):  # never connected
            self.close()

    def makefile(self, mode: str) -> io.BufferedReader:
        """Returns what a reader of answers wants of a socket."""
        return self._reader

    def _send(self, request: bytes, deadline: Deadline) -> bool:
        """False where something came back before all of it had left, or the other side would take no more."""
        rest = memoryview(request)
        check_leash()
        self._sock.settimeout(deadline.cap(self._limits.silence))
        self.has_begun = True
        try:
            rest = rest[self._sock.send(rest[:_PIECE_BYTES]) :]
            while rest:
                if not self._is_awaited(deadline):
                    return False
                self._sock.settimeout(deadline.cap(self._limits.silence))
                rest = rest[self._sock.send(rest[:_PIECE_BYTES]) :]
        except (BrokenPipeError, ConnectionResetError):  # perhaps it said why
            return False
        return True

    def _is_awaited(self, deadline: Deadline) -> bool:
        """Waits until the other side takes more of a request; False where it says something instead. Raises TimeoutError."""
        if self.is_quiet() and not self._either.poll(deadline.cap(self._limits.silence) * 1000):
            raise TimeoutError("the other side takes no more, and says nothing")
        return self.is_quiet()

    def _receive(self, method: str, deadline: Deadline) -> tuple[Answer, bool]:
        """The answer, and whether the connection stays open after it."""
        self._incoming.open(deadline)
        response = self._read_head(method)
        content = response.read(MAX_ANSWER_BYTES + 1)
        if response.length:  # it was told how long it is, and ended before
            raise IncompleteRead(content, response.length)
        self._incoming.shut()
        headers = _collect(response.headers.items())
        content = unpack(content, headers.get("content-encoding", ""))
        return Answer(response.status, headers, content), not response.will_close

    def _read_head(self, method: str) -> HTTPResponse:
        """Past all that only announces an answer: 100 Continue, which `begin` passes over itself, 103 Early Hints."""
        while True:
            response = HTTPResponse(self, method=method)  # type: ignore[arg-type] # it asks for `makefile` only
            response.begin()
            if response.status >= 200:
                return response

    def _has_more(self) -> bool:
        """Whether it is bytes that came, and not the end or what TLS has to say to itself."""
        if self._reader.peek(1):
            return True
        self._sock.settimeout(0)
        try:
            return bool(self._sock.recv(1))
        except OSError:
            return False


def _collect(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By names in small letters; a name that comes again adds to its list."""
    headers: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


class _Incoming(io.RawIOBase):
    """The bytes that come in. A call that is over takes none; one at work waits for none past its end."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self._sock = sock
        self._limits = limits
        self._deadline: Deadline | None = None
        self._left = 0

    def open(self, deadline: Deadline) -> None:
        self._deadline, self._left = deadline, MAX_ANSWER_BYTES

    def shut(self) -> None:
        self._deadline = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if self._deadline is None:
            return None  # as of a socket where nothing is to be had without waiting
        self._sock.settimeout(self._deadline.cap(self._limits.silence))
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise Endless("the answer does not end")
        return count


class _Reader(io.BufferedReader):
    """Outlives the answers that are read from it, so that what follows one of them is seen."""

    def close(self) -> None:
        """The connection closes its socket itself."""


def _connect(address: Address, limits: Limits, deadline: Deadline) -> socket.socket:
    """A socket to the first address of the name that answers, safe to send on."""
    problem: OSError | ValueError = OSError("the name has no address")
    # Cannot be interrupted, whatever the deadline. Nothing has left by then, and nothing leaves once the deadline is over.
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, where in found:
        sock = socket.socket(family, kind, protocol)
        try:
            _set_options(sock)
            sock.settimeout(deadline.cap(limits.connect))
            sock.connect(where)
            sock.settimeout(deadline.cap(limits.connect))
            return _trusted().wrap_socket(sock, server_hostname=address.host) if address.is_secure else sock
        except (OSError, ValueError) as error:  # ValueError: of a name that no certificate can have
            sock.close()
            problem = error
    raise problem


def _set_options(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):  # not everywhere where people develop
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whom we believe: the authorities of the machine (SSL_CERT_FILE), and those that a slim image may lack."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
