"""Seals what workers leave each other in Redis about a session, so that whoever reads Redis cannot use it, and what he
plants there is not believed.

The key comes of a secret of the environment and of the login: what was sealed for one login opens for no other, and after
a password was changed neither the old token nor the old refusal counts. Names come of it too, since a bare hash of login and
password would let passwords be tried.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class TokenSeal:
    """Seals and opens texts of one login at one address; `name` tells logins apart in the names of keys."""

    def __init__(self, secret: str, base_url: str, login: str, password: str) -> None:
        about = f"altegio-webkassa session token\n{base_url}\n{login}\n{password}".encode()
        derived = HKDF(SHA256(), length=44, salt=None, info=about).derive(secret.encode())
        self.name = derived[32:].hex()
        self._box = Fernet(base64.urlsafe_b64encode(derived[:32]))

    def close(self, text: str) -> str:
        """Returns the text sealed, with the time in it."""
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: object, seconds: float) -> str | None:
        """Returns what was sealed no longer ago than so many seconds; None for whatever else is there."""
        if not isinstance(sealed, bytes | str):
            return None
        try:
            return self._box.decrypt(sealed, ttl=int(seconds)).decode()
        except InvalidToken:
            return None
