"""A real TCP server on loopback that does on each connection what a test's script says, with TLS where asked for."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.wire.answer import Answer
from shared.wire.calls import Wire

PATIENCE_SECONDS = 30.0

Script = Callable[["Visitor"], None]
Serve = Callable[..., "ScriptedServer"]
MakeWire = Callable[..., Wire]


@dataclass
class Visitor:
    """One connection, as the server has it. `number` counts them from one; `released` is set when the test is over."""

    sock: socket.socket
    number: int
    released: threading.Event
    _buffer: bytearray = field(default_factory=bytearray)

    def read_request(self) -> bytes:
        """The body of the next request. Raises ConnectionError where the client ended the connection instead."""
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        self._buffer = bytearray(rest)
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = bytes(self._buffer[:length]), self._buffer[length:]
        return body

    def read_head(self) -> None:
        """Only so far as the request's first bytes."""
        self._receive()

    def answer(self, body: Any, *, status: str = "200 OK", headers: str = "") -> None:
        self.sock.sendall(make_answer(body, status=status, headers=headers))

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def send_past_tls(self, raw: bytes) -> None:
        """On the wire as it is, like a broken relay."""
        with socket.socket(fileno=self.sock.fileno()) as wire:
            wire.sendall(raw)
            wire.detach()

    def drip(self, raw: bytes, seconds: float = 0.02) -> None:
        """A byte at a time, again and again, until the test is over or the client has had enough."""
        while True:
            for byte in raw:
                if self.released.wait(seconds):
                    return
                self.sock.sendall(bytes((byte,)))

    def _receive(self) -> None:
        received = self.sock.recv(65536)
        if not received:
            raise ConnectionError("the client has gone")
        self._buffer += received


class ScriptedServer:
    """`connections` is how many clients came."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self.released = threading.Event()
        self._script, self._tls = script, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: dict[int, socket.socket] = {}

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def running(self) -> Iterator["ScriptedServer"]:
        acceptor = threading.Thread(target=self._accept)
        acceptor.start()
        try:
            yield self
        finally:
            self.released.set()
            # Closing alone would not wake the one who accepts.
            self._listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            self._listener.close()
            for sock in tuple(self._sockets.values()):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            for thread in self._threads:
                thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(sock, self.connections))
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        # A client that is kept waiting by a mistake of the test's own does not keep the run.
        sock.settimeout(PATIENCE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with sock, contextlib.suppress(OSError):
            self._sockets[number] = sock
            if self._tls is None:
                self._script(Visitor(sock, number, self.released))
                return
            with self._tls.wrap_socket(sock, server_side=True) as secure:
                self._sockets[number] = secure
                self._script(Visitor(secure, number, self.released))


def make_answer(body: Any, *, status: str = "200 OK", headers: str = "") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(content)}\r\n\r\n".encode() + content


def post(wire: Wire, server: ScriptedServer, body: bytes = b"{}") -> Answer:
    with wire.exchange("POST", f"{server.url}/api/v4/check", body) as exchange:
        return exchange.answer
