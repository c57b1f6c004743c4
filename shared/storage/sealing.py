"""Encrypts secrets at rest with a key that only the environment has, so that a copy of the database opens nothing.

The key is derived from `CREDENTIALS_KEY`, or `SECRET_KEY` where that is not set. Two of them, comma-separated, rotate: the
first seals, both open.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from shared.config import ConfigurationError, Settings

_NO_KEY = "CREDENTIALS_KEY or SECRET_KEY has to be set: credentials are never stored in the clear"


class CannotUnseal(Exception):
    """Raised where the key of the environment is not the one that sealed a text."""


def seal(settings: Settings, secret: str) -> str:
    """Returns the secret encrypted, as text for a column. Raises ConfigurationError without a key."""
    return _open_box(settings).encrypt(secret.encode()).decode()


def unseal(settings: Settings, sealed: str) -> str:
    """Returns the secret that was sealed. Raises CannotUnseal; ConfigurationError without a key."""
    try:
        return _open_box(settings).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal("sealed with another key: set the old CREDENTIALS_KEY (or SECRET_KEY) again") from None


def without_credentials_key(settings: Settings) -> Settings:
    """Returns settings that seal with SECRET_KEY alone, as the payment page does: workers alone have CREDENTIALS_KEY."""
    return settings.model_copy(update={"credentials_key": SecretStr("")})


def is_sealed_with_first(settings: Settings, sealed: str) -> bool:
    """Says whether the key that seals now opens it, so that no other is needed for it. Raises ConfigurationError."""
    first = list_keys(settings)[:1]
    if not first:
        raise ConfigurationError(_NO_KEY)
    try:
        Fernet(_derive(first[0])).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def list_keys(settings: Settings) -> list[str]:
    """Returns the keys of the environment, the one that seals first."""
    keys = settings.credentials_key.get_secret_value() or settings.secret_key.get_secret_value()
    return [part.strip() for part in keys.split(",") if part.strip()]


def _open_box(settings: Settings) -> MultiFernet:
    parts = list_keys(settings)
    if not parts:
        raise ConfigurationError(_NO_KEY)
    return MultiFernet([Fernet(_derive(part)) for part in parts])


def _derive(key: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"altegio-webkassa credentials").derive(key.encode())
    return base64.urlsafe_b64encode(derived)
