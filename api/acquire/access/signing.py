"""Signs cookies and form tokens: HMAC-SHA256 under SECRET_KEY, compared in constant time."""

import hashlib
import hmac

from shared.config import ConfigurationError, Settings

# With DEBUG anything goes; sessions are random and kept in the database, so this key alone opens nothing.
_DEBUG_KEY = "debug only"


class SecretKeyMissing(ConfigurationError):
    """Raised where the payment page has no key to sign with."""

    def __init__(self) -> None:
        super().__init__("SECRET_KEY is not set: the payment page cannot sign its cookies. Set it to a long random text.")


def get_secret(settings: Settings) -> bytes:
    """Returns the key to sign with. Raises SecretKeyMissing."""
    key = settings.secret_key.get_secret_value()
    if not key and not settings.debug:
        raise SecretKeyMissing
    return (key or _DEBUG_KEY).encode()


def sign(secret: bytes, purpose: str, value: str) -> str:
    """Returns the signature of a value as hex; `purpose` keeps what was signed for one thing from serving for another."""
    return hmac.new(secret, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


def seal(secret: bytes, purpose: str, value: str) -> str:
    """Returns `value.signature`, for a cookie."""
    return f"{value}.{sign(secret, purpose, value)}"


def unseal(secret: bytes, purpose: str, sealed: str | None) -> str | None:
    """Returns the value of a sealed cookie, None where the signature is not ours."""
    value, dot, signature = (sealed or "").rpartition(".")
    if not dot or not is_equal(sign(secret, purpose, value), signature):
        return None
    return value


def make_form_token(secret: bytes, token: str) -> str:
    """Returns what every form of a session carries, so that another site cannot send one."""
    return sign(secret, "form", token)


def is_equal(known: str, given: str) -> bool:
    """Compares two texts in constant time."""
    return hmac.compare_digest(known.encode(), given.encode())
