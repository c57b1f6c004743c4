"""Who may post: a secret in the URL, or an HMAC of the raw body. Altegio itself signs nothing that is documented."""

import hashlib
import hmac

from fastapi import Request

from shared.config import Settings

MAX_BODY_BYTES = 1024 * 1024
SIGNATURE_HEADER = "X-Altegio-Signature"


class BadSecret(Exception):
    """Neither the path nor the signature proves that the sender knows the secret."""


class BodyTooLarge(Exception):
    """More bytes than any webhook has."""


async def read_verified_body(request: Request) -> bytes:
    """The raw bytes, whatever the content type says. Raises BodyTooLarge, BadSecret."""
    body = await _read_capped(request)
    settings: Settings = request.app.state.settings
    if not _is_trusted(settings, request.path_params.get("secret"), request.headers.get(SIGNATURE_HEADER), body):
        raise BadSecret
    return body


async def _read_capped(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise BodyTooLarge
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise BodyTooLarge
        parts.append(chunk)
    return b"".join(parts)


def _is_trusted(settings: Settings, path_secret: str | None, signature: str | None, body: bytes) -> bool:
    secrets = settings.webhook_secrets
    if not secrets:
        return settings.debug
    return any(_matches(secret, path_secret, signature, body) for secret in secrets)


def _matches(secret: str, path_secret: str | None, signature: str | None, body: bytes) -> bool:
    if path_secret is not None and hmac.compare_digest(path_secret.encode(), secret.encode()):
        return True
    if not signature:
        return False
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = signature.strip().lower().removeprefix("sha256=")
    return hmac.compare_digest(given.encode(), expected.encode())
