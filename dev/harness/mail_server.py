"""A real SMTP server on loopback that keeps what it took, and can be out of sorts."""

import email
import email.policy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from dev.demo.waiting import find_free_port

# What it does instead of taking a message. `away`: it does not listen; `losing`: it takes it, and its answer is lost.
Mood = Literal["well", "away", "closing", "busy", "refusing", "losing"]
_SAYS = {"closing": "421 4.3.2 closing", "busy": "451 4.7.1 try again later", "refusing": "550 5.1.1 {}: no such user"}


@dataclass(frozen=True)
class Mail:
    recipient: str
    message_id: str
    subject: str
    text: str
    # By `time.monotonic`.
    taken_at: float


class MailServer:
    """`mails` are those it took, in order. Listens from the start, on a port that stays the same."""

    def __init__(self) -> None:
        self.port = find_free_port()
        self.mails: list[Mail] = []
        self.connections = 0
        self.mood: Mood = "well"
        self._controller: Controller | None = None
        self.listen()

    @property
    def url(self) -> str:
        """For SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def listen(self) -> None:
        if self._controller is None:
            self._controller = Controller(_Handler(self), hostname="127.0.0.1", port=self.port)
            self._controller.start()
        self.mood = "well"

    def turn(self, mood: Mood) -> None:
        """From now on it is in that mood."""
        if mood == "away":
            self.close()
        else:
            self.listen()
        self.mood = mood

    @contextmanager
    def being(self, mood: Mood) -> Iterator[None]:
        """In that mood, well again afterwards."""
        self.turn(mood)
        try:
            yield
        finally:
            self.listen()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
        self._controller = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Handler:
    """Called by the server's own names."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_EHLO(  # noqa: N802 -- the library's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self._server.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 -- the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = _SAYS.get(self._server.mood)
        if refusal:
            return refusal.format(address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 -- the library's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message: Any = email.message_from_bytes(content, policy=email.policy.default)
        text = message.get_content().strip()
        self._server.mails += [
            Mail(recipient, message["Message-ID"], message["Subject"], text, time.monotonic())
            for recipient in envelope.rcpt_tos
        ]
        if self._server.mood == "losing":
            transport: Any = server.transport
            transport.abort()
        return "250 taken"
