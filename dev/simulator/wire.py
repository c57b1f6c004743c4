"""What can happen to an answer on its way: sent whole or twice, byte by byte, cut in half, or never sent."""

import os
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from dev.simulator.jsontext import dump

POLL_SECONDS = 0.02
# Switched on and zero seconds: closing then sends a reset instead of an orderly end.
LINGER_RESET = struct.pack("ii", 1, 0)
NO_HTTP = bytes(range(0x80, 0xA0)) * 4
# Longer than anybody waits, and no test hangs where somebody does.
CONTINUE, CONTINUES = b"HTTP/1.1 100 Continue\r\n\r\n", 200
ENDS_THE_CONNECTION = frozenset({"drop", "reset", "truncated", "garbage"})


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
    """`wire`: "send", "reset" or "truncated"; "drop" ends the connection without a word, "garbage" with noise.

    With `pace` seconds in between: "twice" sends it once more, "drip" sends its head byte by byte, "drip_body" the
    rest, "continue" many `100 Continue` before it.
    """

    outcome: str
    reply: Reply
    wire: str = "send"
    pace: float = 0.0


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(dump(value), status, headers=headers or {})


def html_reply(text: str, status: int, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(f"<html><body>{text}</body></html>".encode(), status, "text/html", headers or {})


class Wire:
    """One client's connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.is_cancelled: Callable[[], bool] = lambda: False

    def finish(self, ending: Ending, *, keep_alive: bool) -> bool:
        """Whether the connection is of further use."""
        stays = keep_alive and ending.wire not in ENDS_THE_CONNECTION
        if ending.wire == "reset":
            # Past the server, which shuts a socket down before closing it: that would be an orderly end.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            os.close(self._connection.detach())
            return False
        for number, part in enumerate(_divide(ending, _build_head(ending.reply, keep_alive=stays))):
            if number and not self.wait(ending.pace, lambda: False):
                return False
            self._connection.sendall(part)
        return stays

    def wait(self, seconds: float, is_lifted: Callable[[], bool], *, linger: bool = False) -> bool:
        """Sleeps, until it is lifted at most; False soon after the client has left (unless lingering) or it is cancelled."""
        deadline = time.monotonic() + seconds
        while not self.is_cancelled() and (linger or not self._has_ended()):
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


def _divide(ending: Ending, head: bytes) -> Sequence[bytes]:
    """What is sent, in the parts that leave together: head and body in one packet, as a rule."""
    body = ending.reply.body
    match ending.wire:
        case "drop":
            return ()
        case "garbage":
            return (NO_HTTP,)
        case "truncated":
            return (head + body[: len(body) // 2],)
        case "twice":
            return (head + body,) * 2
        case "drip":
            return (*(bytes([byte]) for byte in head), body)
        case "drip_body":
            return (head, *(bytes([byte]) for byte in body))
        case "continue":
            return (*(CONTINUE,) * CONTINUES, head + body)
        case _:
            return (head + body,)


def _build_head(reply: Reply, *, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
