"""Checks who may post: a secret in the URL, or an HMAC of the raw body. Altegio itself signs nothing that is documented."""

import hashlib
import hmac

from starlette.requests import ClientDisconnect
from starlette.types import Receive

MAX_BODY_BYTES = 1024 * 1024
SIGNATURE_HEADER = "X-Altegio-Signature"


class BadSecret(Exception):
    """Raised where neither the path nor the signature proves that the sender knows the secret."""


class BodyTooLarge(Exception):
    """Raised for more bytes than any webhook has: 1 MiB."""


async def read_body(receive: Receive, declared: bytes) -> bytes:
    """Returns the raw bytes, whatever the content type says. Raises BodyTooLarge, ClientDisconnect."""
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise BodyTooLarge
    body, has_more = b"", True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        has_more = message.get("more_body", False)
    return body


class Doorman:
    """Knows the secrets in force: two while one is being rotated out. Without any, `open_to_all` decides."""

    def __init__(self, secrets: tuple[str, ...], *, open_to_all: bool) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._open_to_all = open_to_all

    def check(self, path_secret: str | None, signature: bytes, body: bytes) -> None:
        """Lets a request pass that knows a secret, compared in constant time; raises BadSecret for any other.

        `signature` is the hex HMAC-SHA256 of the body, with or without `sha256=` before it.
        """
        if not self._secrets and self._open_to_all:
            return
        if not any(_matches(secret, path_secret, signature, body) for secret in self._secrets):
            raise BadSecret


def _matches(secret: bytes, path_secret: str | None, signature: bytes, body: bytes) -> bool:
    if path_secret is not None and hmac.compare_digest(path_secret.encode("utf-8", "surrogateescape"), secret):
        return True
    if not signature:
        return False
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    given = signature.strip().lower().removeprefix(b"sha256=")
    return hmac.compare_digest(given, expected.encode())
