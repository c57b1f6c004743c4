"""Hides what was searched for in a key for addresses: names and phones are in no address and no access log.

A key is good for the session that searched, and ends with it.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from api.acquire.access.auth import Staff
from api.acquire.access.signing import get_secret
from shared.config import Settings

_LONGEST_KEY = 1000


def seal_words(settings: Settings, staff: Staff, words: str) -> str:
    """Returns the key of these words."""
    return _open_box(settings, staff).encrypt(words.encode()).decode().rstrip("=")


def unseal_words(settings: Settings, staff: Staff, key: str) -> str:
    """Returns the words of a key; none for what is no key of this session."""
    if not key or len(key) > _LONGEST_KEY:
        return ""
    try:
        return _open_box(settings, staff).decrypt((key + "=" * (-len(key) % 4)).encode()).decode()
    except (InvalidToken, ValueError):
        return ""


def _open_box(settings: Settings, staff: Staff) -> Fernet:
    derive = HKDF(SHA256(), length=32, salt=None, info=f"search of session {staff.session_id}".encode())
    return Fernet(base64.urlsafe_b64encode(derive.derive(get_secret(settings))))
