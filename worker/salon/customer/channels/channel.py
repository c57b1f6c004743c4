"""Says what a channel does, and how its failures differ: by whether the message may have been taken."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

# Of one answer, and of one message from its beginning to its end: what answers a byte at a time ends as well.
ANSWER_SECONDS = 10.0
MESSAGE_SECONDS = 20.0


class ChannelAway(Exception):
    """Raised where the message was not taken, and no other would be just now."""


class MessageRefused(Exception):
    """Raised where this message was not taken. `is_final`: the other side says that it will never be."""

    def __init__(self, text: str, *, is_final: bool) -> None:
        super().__init__(text)
        self.is_final = is_final


class NotCertain(Exception):
    """Raised where the message may have been taken and nobody can be asked."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Holds what one customer gets. `key` is the same for every try of it, and no other letter has it.

    `facts` are of the receipt, for a system that makes something else of them.
    """

    key: str
    email: str | None
    phone: str | None
    subject: str
    text: str
    facts: dict[str, Any]


class Channel(Protocol):
    """Hands letters over, one after another, by one thread."""

    def hand_over(self, letter: Letter, begin: Callable[[], None]) -> None:
        """Has the letter taken. `begin` is called once, right before the step after which it may have been.

        Raises ChannelAway, MessageRefused, NotCertain, and what `begin` raises: the letter was not taken then.
        """

    def close(self) -> None:
        """Ends what was kept for the next letter."""


@contextmanager
def bounded(connection: socket.socket, seconds: float = MESSAGE_SECONDS) -> Iterator[None]:
    """Shuts a connection on which something goes on for too long, whatever its server sends meanwhile."""

    def shut() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
