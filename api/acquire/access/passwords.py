"""Hashes and checks passwords with argon2id; unknown users too, so that time tells nobody which logins exist.

Those who wait for it stand in a short line: a flood of guesses takes neither the memory nor the threads of the page.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_PASSWORD = 200
# 19 MiB each (OWASP's setting); more at once than this would let a flood of guesses eat the memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_room = threading.BoundedSemaphore(4)
# In the room and waiting before it. The last places are for browsers that somebody has signed in on before.
PLACES, STRANGERS_PLACES = 16, 12
_places, _strangers_places = threading.BoundedSemaphore(PLACES), threading.BoundedSemaphore(STRANGERS_PLACES)


class Crowded(Exception):
    """Raised where too many wait for their password to be looked at."""


@contextmanager
def stand_in_line(*, is_known: bool) -> Iterator[None]:
    """Holds a place in the line. Raises Crowded at once instead of letting one more wait."""
    with ExitStack() as held:
        for places in (_places,) if is_known else (_places, _strangers_places):
            if not places.acquire(blocking=False):
                raise Crowded
            held.callback(places.release)
        yield


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
