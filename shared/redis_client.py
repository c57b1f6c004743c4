"""Opens Redis as a convenience: whoever asks is told at once that it is away, and goes on without it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

# After a silence nobody waits for another: a receipt asks several questions, and each would cost its time-out.
REST_SECONDS = 2.0


class _Rest:
    def __init__(self) -> None:
        self._until = 0.0

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Raises redis.exceptions.ConnectionError while Redis is left alone."""
        if time.monotonic() < self._until:
            raise RedisConnectionError("redis did not answer a moment ago")
        try:
            yield
        except (RedisConnectionError, RedisTimeoutError):
            self._until = time.monotonic() + REST_SECONDS
            raise


class RestingRedis(Redis):
    """Asks nothing for two seconds after Redis was away or silent, and fails at once instead."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._rest = _Rest()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Raises RedisError."""
        with self._rest.watch():
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:
        """Returns one that rests like its client."""
        pipeline = _RestingPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        pipeline.rest = self._rest
        return pipeline


class _RestingPipeline(Pipeline):
    rest: _Rest

    def execute(self, raise_on_error: bool = True) -> Any:
        with self.rest.watch():
            return super().execute(raise_on_error)


def open_redis(url: str, timeout: float) -> Redis:
    """Returns a client whose every wait ends after `timeout` seconds; a connection that was cut is made anew once."""
    retry = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    return RestingRedis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=retry)
