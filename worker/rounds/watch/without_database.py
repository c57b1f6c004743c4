"""Tells the one alert that cannot be kept in the database: that the database is away. Redis remembers it instead.

Should Redis be wiped or away as well, the message may come twice or its all-clear not at all; nothing else depends on it.
"""

from contextlib import suppress

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from shared.config import Settings
from shared.logging import get_logger
from shared.redis_keys import PREFIX
from worker.alerts import kinds
from worker.alerts.sending import notify
from worker.alerts.wording import Group, compose

log = get_logger(__name__)

# A restart of the database passes unnoticed.
PATIENCE_SECONDS = 60.0
_SINCE_KEY = f"{PREFIX}alerts:database:since"
_TOLD_KEY = f"{PREFIX}alerts:database:told"
_REMEMBER_SECONDS = 86_400
_DISK_FULL = "53100"


def note_failure(redis: Redis, settings: Settings, error: SQLAlchemyError) -> None:
    """Notes that the database failed, and tells it once when it has lasted a minute. Never raises."""
    kind = kinds.DATABASE_FULL if _is_disk_full(error) else kinds.DATABASE
    log.error("alert", kind=kind, error=type(error).__name__)
    try:
        # Of Redis too, since several workers ask.
        now = redis.time()[0]
        redis.set(_SINCE_KEY, now, nx=True, ex=_REMEMBER_SECONDS)
        since = float(redis.get(_SINCE_KEY) or now)
        if now - since < PATIENCE_SECONDS or not redis.set(_TOLD_KEY, kind, nx=True, ex=_REMEMBER_SECONDS):
            return
    except (RedisError, OSError):
        return
    _tell(settings, [Group(kind, [])], [])


def note_success(redis: Redis, settings: Settings) -> None:
    """Sends the all-clear, if the trouble was told. Never raises."""
    with suppress(RedisError, OSError):
        redis.delete(_SINCE_KEY)
        told: bytes | None = redis.getdel(_TOLD_KEY)  # type: ignore[assignment]
        if told:
            _tell(settings, [], [Group(told.decode(), [])])


def _is_disk_full(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == _DISK_FULL


def _tell(settings: Settings, raised: list[Group], ended: list[Group]) -> None:
    title, body = compose(raised, ended, settings.alert_language)
    for address in settings.alert_addresses:
        notify(address, title, body)
