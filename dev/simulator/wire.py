"""What can happen to an answer on its way: sent whole, cut in half, or never sent."""

import os
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from dev.simulator.jsontext import dump

POLL_SECONDS = 0.02
# Switched on and zero seconds: closing then sends a reset instead of an orderly end.
LINGER_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    # By names in lower case.
    headers: Mapping[str, str]
    raw: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    """`wire`: "send", "reset" or "truncated"; "drop" ends the connection without a word."""

    outcome: str
    reply: Reply
    wire: str = "send"


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(dump(value), status, headers=headers or {})


def html_reply(text: str, status: int, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(f"<html><body>{text}</body></html>".encode(), status, "text/html", headers or {})


class Wire:
    """One client's connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def finish(self, ending: Ending, *, keep_alive: bool) -> bool:
        """Whether the connection is of further use."""
        is_sent = ending.wire == "send"
        head = _build_head(ending.reply, keep_alive=keep_alive and is_sent)
        if ending.wire == "reset":
            # Past the server, which shuts a socket down before closing it: that would be an orderly end.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            os.close(self._connection.detach())
        elif ending.wire != "drop":
            body = ending.reply.body
            # Head and body leave in one packet.
            self._connection.sendall(head + (body if is_sent else body[: len(body) // 2]))
        return keep_alive and is_sent

    def wait(self, seconds: float, is_cancelled: Callable[[], bool], is_lifted: Callable[[], bool], *, linger: bool) -> bool:
        """Sleeps, until it is lifted at most; False soon after the client has left (unless lingering) or it is cancelled."""
        deadline = time.monotonic() + seconds
        while not is_cancelled() and (linger or not self._has_ended()):
            left = deadline - time.monotonic()
            if left <= 0 or is_lifted():
                return True
            time.sleep(min(left, POLL_SECONDS))
        return False

    def _has_ended(self) -> bool:
        try:
            return self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


def _build_head(reply: Reply, *, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
