"""Sends e-mails over SMTP, several on one connection.

A server takes a message with its answer to the last dot, and throws away what breaks off before. So everything but the
dot is sent first, then it is written down that the message may be taken, then the dot leaves.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import certifi

from shared.customer.checks import SMTP_PORTS
from worker.salon.customer.channels.channel import ANSWER_SECONDS, ChannelAway, Letter, MessageRefused, NotCertain, bounded

_GREETING, _OK, _GO_ON, _CLOSING = 220, 250, 354, 421
_DOT = b".\r\n"


class EmailChannel:
    """Sends letters as `sender` through the server of `url`."""

    def __init__(self, url: str, sender: str) -> None:
        self._url, self._sender = urlsplit(url), sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]
        self._kept: smtplib.SMTP | None = None

    def hand_over(self, letter: Letter, begin: Callable[[], None]) -> None:
        """Has the server take the letter, as `Channel` says."""
        message = _write(letter, self._sender, self._domain)
        smtp = self._connect()
        is_sound = False
        try:
            assert smtp.sock is not None
            with bounded(smtp.sock):
                self._offer(smtp, letter, message)
                begin()
                is_sound = _finish(smtp)
        except MessageRefused:
            is_sound = True
            raise
        finally:
            if not is_sound:
                self._drop()

    def close(self) -> None:
        """Says goodbye to the server."""
        if self._kept is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._kept.quit()
        self._drop()

    def _connect(self) -> smtplib.SMTP:
        """The connection that is there, if it still is. Raises ChannelAway."""
        if self._kept is not None:
            try:
                if self._kept.rset()[0] == _OK:
                    return self._kept
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
        try:
            self._kept = self._sign_in()
        except (ChannelAway, smtplib.SMTPException, OSError, ValueError) as error:
            self._drop()
            raise error if isinstance(error, ChannelAway) else ChannelAway(_describe(error)) from None
        return self._kept

    def _sign_in(self) -> smtplib.SMTP:
        """Every step of it ends in time, the server's greeting as well. Raises ChannelAway, SMTPException, OSError."""
        url, host = self._url, self._url.hostname or ""
        # With a name of our own, or DNS would be asked for one.
        smtp = self._kept = smtplib.SMTP(local_hostname=self._domain, timeout=ANSWER_SECONDS)
        smtp.sock = _open((host, url.port or SMTP_PORTS[url.scheme]), is_secure=url.scheme == "smtps")
        with bounded(smtp.sock):
            _demand(smtp.getreply(), _GREETING, is_ours=True)
            if url.scheme == "smtp+starttls":
                _start_tls(smtp, smtp.sock, host)
        with bounded(smtp.sock):
            if url.username:
                smtp.login(unquote(url.username), unquote(url.password or ""))
            else:
                smtp.ehlo_or_helo_if_needed()
        return smtp

    def _offer(self, smtp: smtplib.SMTP, letter: Letter, message: bytes) -> None:
        """Sends everything but the last dot."""
        try:
            # A server that does not take our own address takes nothing from us.
            _demand(smtp.mail(parseaddr(self._sender)[1]), _OK, is_ours=True)
            _demand(smtp.rcpt(letter.email or ""), _OK)
            _demand(smtp.docmd("DATA"), _GO_ON)
            smtp.send(message)
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelAway(_describe(error)) from None

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = None


def _finish(smtp: smtplib.SMTP) -> bool:
    """Sends the dot; says whether the connection may be used again. Raises MessageRefused, ChannelAway, NotCertain."""
    try:
        smtp.send(_DOT)
        code, said = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise NotCertain(_describe(error)) from None
    _demand((code, said), _OK)
    return True


def _demand(reply: tuple[int, bytes], wanted: int, *, is_ours: bool = False) -> None:
    """Raises ChannelAway for what would meet every message, MessageRefused for what meets this one."""
    code, said = reply
    if code == wanted:
        return
    text = f"{code} {said.decode('utf-8', 'replace')}"
    if is_ours or code == _CLOSING or code < 0:
        raise ChannelAway(text)
    raise MessageRefused(text, is_final=code >= 500)


def _open(address: tuple[str, int], *, is_secure: bool) -> socket.socket:
    """Raises OSError."""
    connection = socket.create_connection(address, ANSWER_SECONDS)
    return _secure(connection, address[0]) if is_secure else connection


def _start_tls(smtp: smtplib.SMTP, connection: socket.socket, host: str) -> None:
    """What was said before it counts no more. Raises ChannelAway, OSError."""
    smtp.ehlo_or_helo_if_needed()
    _demand(smtp.docmd("STARTTLS"), _GREETING, is_ours=True)
    smtp.sock, smtp.file = _secure(connection, host), None
    smtp.helo_resp = smtp.ehlo_resp = None
    smtp.esmtp_features, smtp.does_esmtp = {}, False


def _secure(connection: socket.socket, host: str) -> ssl.SSLSocket:
    """Raises OSError."""
    secured = _trust().wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
    try:
        with bounded(secured):
            secured.do_handshake()
    except OSError:
        secured.close()
        raise
    return secured


def _write(letter: Letter, sender: str, domain: str) -> bytes:
    """The same Message-ID at every try: a mailbox that gets a letter twice after all may see it. Without the last dot."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, letter.email or "", letter.subject
    message["Message-ID"], message["Date"] = f"<{letter.key}@{domain}>", formatdate()
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return re.sub(rb"(?m)^\.", b"..", message.as_bytes())


def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _describe(error: Exception) -> str:
    """What servers say, not what was said to them."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        return f"{error.smtp_code} {said}"
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__
