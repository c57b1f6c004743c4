"""Shares one session of a cashier between all workers through Redis; one of them renews it.

A wrong password is remembered for a while: Webkassa may lock a login that keeps knocking. Redis is a convenience here;
without it every process logs in for itself. Both are sealed: one that cannot be opened is none.

Sessions live for hours. Where they end again and again within minutes, another program signs in with the same login: the
registers that met it are remembered, for an alert.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from redis import Redis
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.redis_keys import PREFIX
from shared.storage.token_seal import TokenSeal
from worker.webkassa.errors import LoginRefused

log = get_logger(__name__)

# Tokens live up to 24 h; an early end is told by code 2.
TOKEN_SECONDS = 22 * 3600
# Redis is not asked before every call: a token that was replaced meanwhile costs one refusal by code 2.
REMEMBER_SECONDS = 60.0
_NOTHING: tuple[float, str | None] = (0.0, None)
REFUSAL_SECONDS = 30
_POLL_SECONDS = 0.1
# So many sessions that ended before their time, within so long, are somebody else's doing.
ENDED_TO_TELL = 3
ENDED_WITHIN_SECONDS = 1800
_SHARED_LOGINS = f"{PREFIX}webkassa:shared_logins"


class SessionToken:
    """Keeps the token in force. `authorize` logs in and returns a new one; it may raise any WebkassaError.

    `renewal_seconds` is the longest a login may take: the others wait that long for it, and no longer.
    """

    def __init__(
        self,
        redis: Redis,
        seal: TokenSeal,
        authorize: Callable[[], str],
        *,
        renewal_seconds: float = 31.0,
    ) -> None:
        self._redis = redis
        self._seal = seal
        self._key = f"{PREFIX}webkassa:token:{seal.name}"
        self._refused_key = f"{PREFIX}webkassa:refused:{seal.name}"
        self._lock_key = f"{PREFIX}webkassa:renewing:{seal.name}"
        self._ended_key = f"{PREFIX}webkassa:ended:{seal.name}"
        self._authorize = authorize
        self._renewal_seconds = renewal_seconds
        self._lock = threading.Lock()
        self._own: str | None = None
        self._remembered = _NOTHING

    def get(self) -> str:
        """Returns the token in force, logging in if there is none. Raises WebkassaError."""
        until, token = self._remembered
        if token is None or time.monotonic() > until:
            token = self._read() or self.renew(None)
            self._remembered = (time.monotonic() + REMEMBER_SECONDS, token)
        return token

    def renew(self, stale: str | None, register: str | None = None) -> str:
        """Returns a token other than `stale`; only one caller of all workers logs in, the others take its token.

        That a token is another one does not make it good: a caller that is refused with it as well names it in its turn.
        `register`: the factory number of the register that refused `stale`. Raises WebkassaError.
        """
        with self._lock:
            self._remembered = _NOTHING
            current = self._read()
            if current and current != stale:
                return current
            with self._single_flight(stale) as found:
                if found:
                    return found
                token = self._log_in()
        if register:
            self._ask_redis(lambda: self._note_end(register))
        return token

    def renew_at_once(self) -> str:
        """Forgets a refusal that is remembered, and logs in. Raises WebkassaError."""
        self._ask_redis(lambda: self._redis.delete(self._refused_key))
        return self.renew(self._read())

    def _log_in(self) -> str:
        refusal = self._seal.open(self._ask_redis(lambda: self._redis.get(self._refused_key)), REFUSAL_SECONDS)
        if refusal:
            raise LoginRefused("the login was refused a moment ago, not tried again yet", code=refusal)
        try:
            token = self._authorize()
        except LoginRefused as error:
            sealed_code = self._seal.close(error.code or "1")
            self._ask_redis(lambda: self._redis.set(self._refused_key, sealed_code, ex=REFUSAL_SECONDS))
            raise
        self._own = token
        sealed_token = self._seal.close(token)
        self._ask_redis(lambda: self._redis.set(self._key, sealed_token, ex=TOKEN_SECONDS))
        return token

    def _note_end(self, register: str) -> None:
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.set(self._ended_key, 0, nx=True, ex=ENDED_WITHIN_SECONDS)
            pipeline.incr(self._ended_key)
            _, ended = pipeline.execute()
        if ended >= ENDED_TO_TELL:
            self._redis.zadd(_SHARED_LOGINS, {register: time.time()})
            log.warning("another program signs in with this login", cashbox=register, ended=ended)

    def _read(self) -> str | None:
        try:
            shared = self._redis.get(self._key)
        except (RedisError, OSError):
            return self._own
        return self._seal.open(shared, TOKEN_SECONDS)

    @contextlib.contextmanager
    def _single_flight(self, stale: str | None) -> Iterator[str | None]:
        """Yields the token somebody else got meanwhile, or None when the caller has to log in."""
        if not self._try_lock():
            found = self._wait_for_other(stale)
            if found:
                yield found
                return
        try:
            yield None
        finally:
            self._ask_redis(lambda: self._redis.delete(self._lock_key))

    def _try_lock(self) -> bool:
        try:
            return bool(self._redis.set(self._lock_key, "1", nx=True, px=int(self._renewal_seconds * 1000)))
        except (RedisError, OSError):
            return True

    def _wait_for_other(self, stale: str | None) -> str | None:
        """Until the other worker has a token, gave up, or died with the lock."""
        deadline = time.monotonic() + self._renewal_seconds
        while time.monotonic() < deadline:
            token = self._read()
            if token and token != stale:
                return token
            if self._try_lock():
                return None
            time.sleep(_POLL_SECONDS)
        return None

    def _ask_redis(self, call: Callable[[], object]) -> object:
        try:
            return call()
        except (RedisError, OSError) as error:
            log.warning("token is not shared: redis is away", error=type(error).__name__)
            return None


def find_shared_logins(redis: Redis) -> Sequence[str]:
    """Returns factory numbers of registers whose sessions somebody else kept ending lately. Raises RedisError."""
    since = time.time() - ENDED_WITHIN_SECONDS
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.zremrangebyscore(_SHARED_LOGINS, "-inf", since)
        pipeline.zrange(_SHARED_LOGINS, 0, -1)
        _, registers = pipeline.execute()
    return [_as_text(register) for register in registers]


def _as_text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
