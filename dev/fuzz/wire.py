"""HTTP over a bare socket: a library would correct, or refuse to send, what is to be tried."""

import json
import socket
from dataclasses import dataclass
from typing import Any

from dev.fuzz.shots import Shot

SECONDS = 10.0
_BLOCK = 65_536


class NoAnswer(Exception):
    """Time ran out, or the connection ended before an answer was complete."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is None where it is no JSON."""

    status: int
    content_type: str
    body: Any


class Wire:
    """A connection that is kept while the API keeps it."""

    def __init__(self, port: int, secret: str) -> None:
        self._port = port
        self._secret = secret
        self._socket: socket.socket | None = None

    def post(self, shot: Shot) -> Answer:
        """Raises NoAnswer."""
        path = f"/api/webhook/{self._secret if shot.knows_secret else 'wrong'}"
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += f"Content-Type: {shot.content_type}\r\n" if shot.content_type else ""
        if shot.chunked:
            blocks = [shot.raw[start : start + _BLOCK] for start in range(0, len(shot.raw), _BLOCK)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(block), block) for block in blocks) + b"0\r\n\r\n"
            return self._exchange(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + body)
        return self._exchange(f"{head}Content-Length: {len(shot.raw)}\r\n\r\n".encode() + shot.raw)

    def get(self, path: str) -> Answer:
        """Raises NoAnswer."""
        return self._exchange(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes) -> Answer:
        was_kept = self._socket is not None
        try:
            return self._try(request)
        except ConnectionResetError as error:
            # The API may end an idle connection in the very moment it is used again; on a new one there is no excuse.
            if not was_kept:
                raise NoAnswer(f"{type(error).__name__}: {error}") from error
        except OSError as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        return self._exchange(request)

    def _try(self, request: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=SECONDS)
        try:
            self._send(request)
            return self._receive()
        except OSError:
            self.close()
            raise

    def _send(self, request: bytes) -> None:
        """An API that has read enough answers and closes: what it said is there to be read all the same."""
        assert self._socket is not None
        try:
            self._socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _receive(self) -> Answer:
        assert self._socket is not None
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._read_block()
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        parts, size = [body], len(body)
        while size < length:
            parts.append(self._read_block())
            size += len(parts[-1])
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(status_line.split()[1]), headers.get("content-type", ""), _decode(b"".join(parts)))

    def _read_block(self) -> bytes:
        assert self._socket is not None
        block = self._socket.recv(_BLOCK)
        if not block:
            raise ConnectionResetError("closed before the answer was complete")
        return block


def _decode(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
