"""Tells another system of a receipt by a signed POST, for whatever else is to be done with it.

The connection is made first, then it is written down that the letter may be taken, then the request leaves.
"""

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import certifi

from worker.salon.customer.channels.channel import ANSWER_SECONDS, ChannelAway, Letter, MessageRefused, NotCertain, bounded

SIGNATURE, KEY = "X-Receipt-Signature", "Idempotency-Key"
_REQUEST_TIMEOUT, _TOO_EARLY, _TOO_MANY = 408, 425, 429


class WebhookChannel:
    """Posts letters to `url`, signed with `secret`. No redirect is followed."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = urlsplit(url), secret

    def hand_over(self, letter: Letter, begin: Callable[[], None]) -> None:
        """Has the other system take the letter, as `Channel` says."""
        body = json.dumps(_describe(letter), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            KEY: letter.key,
            SIGNATURE: "sha256=" + hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest(),
        }
        connection = self._open()
        try:
            assert connection.sock is not None
            with bounded(connection.sock):
                begin()
                status = self._post(connection, body, headers)
        finally:
            connection.close()
        _judge(status)

    def close(self) -> None:
        """Does nothing: no connection is kept."""

    def _open(self) -> HTTPConnection:
        """Raises ChannelAway."""
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            context = ssl.create_default_context()
            context.load_verify_locations(certifi.where())
            connection: HTTPConnection = HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=context)
        else:
            connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            raise ChannelAway(type(error).__name__) from None
        return connection

    def _post(self, connection: HTTPConnection, body: bytes, headers: dict[str, str]) -> int:
        path = f"{self._url.path or '/'}{'?' + self._url.query if self._url.query else ''}"
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise NotCertain(type(error).__name__) from None


def _judge(status: int) -> None:
    """An answer that is no 2xx is a refusal: whoever gives it has not taken the letter."""
    if 200 <= status < 300:
        return
    if status >= 500 or status in (_REQUEST_TIMEOUT, _TOO_EARLY, _TOO_MANY):
        raise MessageRefused(f"HTTP {status}", is_final=False)
    raise MessageRefused(f"HTTP {status}", is_final=True)


def _describe(letter: Letter) -> dict[str, object]:
    customer = {"email": letter.email, "phone": letter.phone}
    words = {"subject": letter.subject, "text": letter.text}
    return {"id": letter.key, "receipt": letter.facts, "customer": customer, "message": words}
