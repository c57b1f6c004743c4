"""What can happen to an answer on its way: sent whole, cut in half, or never sent."""

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from dev.simulator.jsontext import dump

POLL_SECONDS = 0.05
# Switched on and zero seconds: closing then sends a reset instead of an orderly end.
LINGER_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(dump(value), status, headers=headers or {})


def html_reply(text: str, status: int, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(f"<html><body>{text}</body></html>".encode(), status, "text/html", headers or {})


class Wire:
    """One client's connection; after anything but `send` it is of no more use."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, reply: Reply, *, keep_alive: bool) -> None:
        """Head and body leave in one packet."""
        self._connection.sendall(_build_head(reply, keep_alive=keep_alive) + reply.body)

    def send_half(self, reply: Reply) -> None:
        half = reply.body[: len(reply.body) // 2]
        self._connection.sendall(_build_head(reply, keep_alive=False) + half)

    def reset(self) -> None:
        """Past the server, which shuts a socket down before closing it: that would be an orderly end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        os.close(self._connection.detach())

    def wait(
        self,
        seconds: float,
        is_cancelled: Callable[[], bool],
        is_lifted: Callable[[], bool] = lambda: False,
        *,
        linger: bool,
    ) -> bool:
        """Sleeps, until it is lifted at most; False at once when the client leaves (unless lingering) or it is cancelled."""
        poller = select.poll()
        poller.register(self._connection, select.POLLIN)
        deadline = time.monotonic() + seconds
        while not is_lifted() and (left := deadline - time.monotonic()) > 0:
            if is_cancelled():
                return False
            pause = min(left, POLL_SECONDS)
            if linger or not poller.poll(pause * 1000):
                time.sleep(pause if linger else 0)
            elif self._has_ended():
                return False
            else:
                # The next request is waiting already: a sleep, or the poll would spin.
                time.sleep(pause)
        return not is_cancelled()

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
