"""Signing in at a mail server: over TLS from the beginning or from STARTTLS on, with a password, and never for ever."""

import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from dev.demo.waiting import find_free_port
from tests.support.tls import Authority
from worker.salon.customer.channels import smtp
from worker.salon.customer.channels.channel import ChannelAway, Letter, bounded
from worker.salon.customer.channels.smtp import EmailChannel

LETTER = Letter("receipt-1-email", "a@mail.kz", None, "Чек", "Ваш чек: http://x.kz\n.\n..точка", {})
SENDER = "Салон <receipts@salon.kz>"
PASSWORD = "p@ss:word/"  # to be quoted in an address


class Kept:
    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.users: list[str] = []

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- the library's name
        self.contents.append(envelope.content)
        self.users.append(session.auth_data.login.decode() if session.auth_data else "")
        return "250 taken"


def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
    assert isinstance(told, LoginPassword)
    is_right = told.password.decode() == PASSWORD
    return AuthResult(success=is_right, handled=is_right, auth_data=told)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Trusted as an operator has it trusted."""
    made = Authority(tmp_path, "ours")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    return made


def serve(kept: Kept, authority: Authority, scheme: str) -> Controller:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain)
    secure = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context, "require_starttls": True}
    login = {"authenticator": check, "auth_required": scheme != "smtps", "auth_require_tls": scheme != "smtps"}
    return Controller(kept, hostname="127.0.0.1", port=find_free_port(), **secure, **login)


@pytest.fixture(params=["smtps", "smtp+starttls"])
def server(request: pytest.FixtureRequest, authority: Authority) -> Iterator[tuple[str, Kept]]:
    kept = Kept()
    controller = serve(kept, authority, request.param)
    controller.start()
    yield f"{request.param}://salon:{{}}@127.0.0.1:{controller.port}", kept
    controller.stop()


def test_a_letter_arrives_as_it_was_written(server: tuple[str, Kept]) -> None:
    url, kept = server
    channel, begun = EmailChannel(url.format("p%40ss%3Aword%2F"), SENDER), []
    for _ in range(2):
        channel.hand_over(LETTER, lambda: begun.append(True))
    channel.close()
    assert (len(begun), kept.users) == (2, ["salon", "salon"])
    message: Any = email.message_from_bytes(kept.contents[0], policy=email.policy.default)
    assert message.get_content().strip().replace("\r\n", "\n") == LETTER.text
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, "a@mail.kz", "Чек")


def test_a_wrong_password_is_told_without_it(server: tuple[str, Kept]) -> None:
    url, kept = server
    with pytest.raises(ChannelAway, match="535") as told:
        EmailChannel(url.format("wrong"), SENDER).hand_over(LETTER, lambda: None)
    assert "wrong" not in str(told.value)
    assert kept.contents == []


def test_a_certificate_of_nobody_is_not_believed(server: tuple[str, Kept], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ChannelAway, match="CERTIFICATE_VERIFY_FAILED"):
        EmailChannel(server[0].format("x"), SENDER).hand_over(LETTER, lambda: None)


def test_what_breaks_off_before_the_dot_was_not_taken(server: tuple[str, Kept]) -> None:
    class Lost(Exception):
        pass

    def lose() -> None:
        raise Lost

    channel = EmailChannel(server[0].format("p%40ss%3Aword%2F"), SENDER)
    with pytest.raises(Lost):
        channel.hand_over(LETTER, lose)
    channel.hand_over(LETTER, lambda: None)
    channel.close()
    assert len(server[1].contents) == 1


def test_a_server_that_drips_its_greeting_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                for _ in range(300):
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        return
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        monkeypatch.setattr(smtp, "bounded", lambda connection: bounded(connection, 0.5))
        with pytest.raises(ChannelAway):
            EmailChannel(f"smtp://127.0.0.1:{listening.getsockname()[1]}", SENDER).hand_over(LETTER, lambda: None)
