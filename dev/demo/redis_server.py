"""A real Redis (or Valkey) on 127.0.0.1 that forgets nothing: no eviction, every write in an append-only file."""

import json
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dev.demo.binaries import get_redis, read_version
from dev.demo.servers import Server, ServerFailed, recall, write_private

SERVICE_USER = "altegio_webkassa"
RULES = Path(__file__).resolve().parents[2] / "worker" / "entry" / "scripts" / "redis-rules.txt"


class Redis(Server):
    name = "Redis"

    def __init__(self, folder: Path, binary: Path | None = None, databases: int = 16) -> None:
        super().__init__(folder)
        self._binary = binary
        self._databases = databases

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def service_url(self) -> str:
        """The address by the service's own user, who may do no more than in production."""
        return f"redis://{SERVICE_USER}:{self._service_password}@127.0.0.1:{self.port}/0"

    @property
    def _service_password(self) -> str:
        return recall(self.folder / "service-password", lambda: secrets.token_urlsafe(24))

    def answers(self) -> bool:
        try:
            # The client's own retries, with their growing pauses, would hide the moment it is up.
            once = Retry(NoBackoff(), 0)
            with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1, retry=once) as client:
                return bool(client.ping())
        except redis.RedisError:  # Still loading its file, or not there yet.
            return False

    def flush(self, database: int) -> None:
        with redis.Redis.from_url(self.url_of(database), socket_timeout=5) as client:
            client.flushdb()

    def command(self) -> Sequence[str]:
        return [str(self._binary), self.marker()]

    def marker(self) -> str:
        # Redis takes the path of its configuration for a pattern: one that matches nothing is no error to it,
        # and it starts with its defaults, on the port everybody knows.
        return re.sub(r"([\\*?\[\]])", r"\\\1", str(self._configuration))

    @property
    def _configuration(self) -> Path:
        return (self.folder / "redis.conf").resolve()

    def prepare(self) -> None:
        if self._binary is None:
            self._binary = get_redis()
        # Another program or major version may not read the files of this one; what Redis holds can be lost.
        data = self.folder / f"data-{self._binary.name}-{read_version(self._binary)[0]}"
        data.mkdir(exist_ok=True)
        # In a file and not on the command line, which every account of the machine can read.
        write_private(self._configuration, "\n".join(self._lines(data.resolve())) + "\n")

    def _lines(self, data: Path) -> Sequence[str]:
        return (
            "bind 127.0.0.1",
            f"port {self.port}",
            "protected-mode yes",
            f"requirepass {self.password}",
            f"user {SERVICE_USER} on >{self._service_password} {RULES.read_text('utf-8').strip()}",
            f"dir {json.dumps(str(data), ensure_ascii=False)}",
            f"databases {self._databases}",
            "daemonize no",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "loglevel notice",
            # Keeps the path of this file in the process list, which is how a leftover is recognised.
            "set-proc-title no",
        )


def check_given_redis(url: str) -> str:
    """The address of somebody else's server. Raises ServerFailed when nobody answers."""
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise ServerFailed(f"the given REDIS_URL does not work: {error}") from None
    return url
