"""Signatures of cookies and form tokens: HMAC-SHA256 under SECRET_KEY, compared in constant time."""

import hashlib
import hmac

from shared.config import ConfigurationError, Settings

# With DEBUG anything goes; sessions are random and kept in the database, so this key alone opens nothing.
_DEBUG_KEY = "debug only"


class SecretKeyMissing(ConfigurationError):
    """The payment page cannot sign anything."""

    def __init__(self) -> None:
        super().__init__("SECRET_KEY is not set: the payment page cannot sign its cookies. Set it to a long random text.")


def get_secret(settings: Settings) -> bytes:
    """Raises SecretKeyMissing."""
    key = settings.secret_key.get_secret_value()
    if not key and not settings.debug:
        raise SecretKeyMissing
    return (key or _DEBUG_KEY).encode()


def sign(secret: bytes, purpose: str, value: str) -> str:
    return hmac.new(secret, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


def seal(secret: bytes, purpose: str, value: str) -> str:
    """`value.signature`, for a cookie."""
    return f"{value}.{sign(secret, purpose, value)}"


def unseal(secret: bytes, purpose: str, sealed: str | None) -> str | None:
    value, dot, signature = (sealed or "").rpartition(".")
    if not dot or not is_equal(sign(secret, purpose, value), signature):
        return None
    return value


def make_form_token(secret: bytes, token: str) -> str:
    """What every form of a session carries, so that another site cannot send one."""
    return sign(secret, "form", token)


def is_equal(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode())
