"""Remembers where a register has answered us before: there, a stranger's answer is an outage and not a wrong address.

Shared by all workers through Redis. Without it each remembers for itself; one that has just started may then take an outage
for a wrong address, which pauses cashboxes and loses nothing.
"""

import hashlib
import time
from contextlib import suppress
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.redis_keys import PREFIX, gateway_words_key

log = get_logger(__name__)

_KEEP_SECONDS = 90 * 86_400
# Redis may be emptied, so what a process knows it tells again.
_TELL_AGAIN_SECONDS = 600.0
# Calls during an outage are seconds apart.
_WORDS_SECONDS = 120


class KnownAddress:
    """Remembers whether a register has answered at an address to a key. Never raises."""

    def __init__(self, redis: Redis, base_url: str, api_token: str) -> None:
        # With the key, since one that is wrong is refused by the right address.
        digest = hashlib.sha256(f"{base_url}\n{api_token}".encode()).hexdigest()[:24]
        self._redis = redis
        self._key = f"{PREFIX}webkassa:known:{digest}"
        self._words_key = gateway_words_key(urlsplit(base_url).netloc)
        self._is_known = False
        self._has_words = False
        self._tell_again_at = 0.0

    def is_known(self) -> bool:
        """Says whether a register has answered there, to whichever worker."""
        if not self._is_known:
            with suppress(RedisError, OSError):
                self._is_known = bool(self._redis.exists(self._key))
        return self._is_known

    def note_register(self) -> None:
        """Notes that a register answers, which ends what a gateway said."""
        self._is_known = True
        if time.monotonic() < self._tell_again_at and not self._has_words:
            return
        self._tell_again_at = time.monotonic() + _TELL_AGAIN_SECONDS
        with suppress(RedisError, OSError):
            self._redis.set(self._key, "1", ex=_KEEP_SECONDS)
            if self._has_words:
                self._redis.delete(self._words_key)
        self._has_words = False

    def note_gateway(self, words: str) -> None:
        """Keeps what a gateway says in the register's place, for the alert that tells of the outage."""
        log.warning("a gateway answers in the register's place", words=words)
        self._has_words = True
        with suppress(RedisError, OSError):
            self._redis.set(self._words_key, words, ex=_WORDS_SECONDS)
