"""Speaks to Redis as the broker, with three of kombu 5.7's answers to a lost connection corrected, and two to a message that
is none: each ended the worker for good.

Losing Redis must delay work, never end it, and neither may whatever somebody puts into a queue. Messages that were not
acknowledged come back by the visibility timeout, and the dispatcher does not even wait for that.
"""

from contextlib import suppress
from typing import Any

from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from shared.logging import get_logger
from shared.queue import PROBE_KEY

log = get_logger(__name__)


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

    def _brpop_read(self, **options: Any) -> Any:
        """Drops what is no JSON."""
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except ValueError as error:
            log.error("a message that is none was dropped", error=type(error).__name__)
            return True

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        """A channel that was closed meanwhile says so as a connection error, which Celery survives."""
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the channel is closed")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]


class Transport(redis.Transport):
    """Makes channels of ours, under the name of kombu's transport."""

    Channel = Channel
    # kombu's own name for a connection it could not make is one more: Celery knows those of the driver alone.
    connection_errors = (*redis.Transport.connection_errors, OperationalError)

    def establish_connection(self) -> Any:
        """Raises ConnectionError where Redis answers and refuses to write: Celery then waits longer each time, where it
        would begin to consume and be refused five times a second.
        """
        connection = super().establish_connection()
        try:
            with self._avail_channels[-1].conn_or_acquire() as client:  # type: ignore[attr-defined]
                client.set(PROBE_KEY, "1", ex=60)
        except ResponseError as error:
            raise RedisConnectionError(str(error)) from error
        return connection

    def _deliver(self, message: Any, queue: Any) -> None:
        """Drops a message that nobody can read, and gives its place among those under way free again."""
        try:
            super()._deliver(message, queue)
        except (*self.connection_errors, *self.channel_errors):
            raise
        except Exception as error:
            log.error("a message that is none was dropped", queue=queue, error=type(error).__name__)
            self._forget(message)

    def _forget(self, message: Any) -> None:
        properties = message.get("properties") if isinstance(message, dict) else None
        tag = properties.get("delivery_tag") if isinstance(properties, dict) else None
        if not isinstance(tag, str):
            return
        for channel in self.channels or ():
            with suppress(KeyError):
                channel.qos.get(tag)
                channel.basic_ack(tag)


def register() -> None:
    """Makes `redis://` mean this transport in this process."""
    TRANSPORT_ALIASES.update({"redis": f"{__name__}:Transport", "rediss": f"{__name__}:Transport"})
