"""Speaks to Redis as the broker, with two of kombu 5.7's answers to a lost connection corrected: both ended the worker for
good.

Losing Redis must delay work, never end it. Messages that were not acknowledged come back by the visibility timeout, and the
dispatcher does not even wait for that.
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(redis.Channel):
    """Talks to Redis like kombu's own channel, and survives the loss of its connection."""

    # On close, kombu would give unacknowledged messages back over the very connection that broke.
    do_restore = False

    def _create_client(self, asynchronous: bool = False) -> Any:
        """One client for a pool of connections: kombu makes a new one for every message and every acknowledgement,
        which costs a busy worker a fifth of its time.
        """
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]
        kept = getattr(self, "_kept_client", None)
        if kept is None or kept.connection_pool is not self.pool:
            kept = self._kept_client = super()._create_client()  # type: ignore[misc]
        return kept

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        """A channel that was closed meanwhile says so as a connection error, which Celery survives."""
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the channel is closed")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]


class Transport(redis.Transport):
    """Makes channels of ours, under the name of kombu's transport."""

    Channel = Channel


def register() -> None:
    """Makes `redis://` mean this transport in this process."""
    TRANSPORT_ALIASES.update({"redis": f"{__name__}:Transport", "rediss": f"{__name__}:Transport"})
