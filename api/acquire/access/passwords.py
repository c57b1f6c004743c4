"""Hashes and checks passwords with argon2id; unknown users too, so that time tells nobody which logins exist."""

import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD = 8
MAX_PASSWORD = 200
# 19 MiB each (OWASP's setting); more at once than this would let a flood of guesses eat the memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_room = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """Returns what is stored of a password."""
    return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Says whether a password fits; False for no hash at all, after as long a look as for a wrong password."""
    with _room:
        try:
            _hasher.verify(password_hash or _hash_of_nobody(), password[: MAX_PASSWORD + 1])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return hash_password("nobody has this password")
