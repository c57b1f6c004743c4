"""What is fuzzed: one API process on PostgreSQL and Redis of its own, in one folder."""

import subprocess
from pathlib import Path

import redis

from dev.demo import processes
from dev.demo.calls import answers
from dev.demo.children import api_command, base_environment, migrate_command, service_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.demo.waiting import find_free_port, tail_of, wait_until
from dev.fuzz.run import Target

READY_SECONDS = 60.0


class ApiDied(Exception):
    """It never answered; the message ends with what it said."""


class World:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._secrets = Secrets.recall(folder)
        # Nothing here outlives the run, so nothing has to reach the disk.
        self._postgres = Postgres(folder / "postgres", settings={"fsync": "off", "full_page_writes": "off"})
        self._redis = Redis(folder / "redis")
        self._port = find_free_port()
        self._api: subprocess.Popen[bytes] | None = None
        self.log = folder / "api.log"

    @property
    def target(self) -> Target:
        return Target(self._port, self._secrets.webhook, self._postgres.url)

    @property
    def is_alive(self) -> bool:
        return self._api is not None and self._api.poll() is None and answers(self._port, "/health")

    def start(self) -> None:
        self._postgres.start()
        self._redis.start()
        environment = {**base_environment(), "DATABASE_URL": self._postgres.url}
        subprocess.run(migrate_command(), env=environment, cwd=self._folder, capture_output=True, check=True)
        # No webhook here reaches Webkassa: nobody works on them.
        service = service_environment(
            self._postgres.url, self._redis.url, "http://127.0.0.1:9", self._secrets, {"LOG_FORMAT": "json"}
        )
        with self.log.open("wb") as output:
            self._api = api = processes.spawn(api_command(self._port), env=service, cwd=self._folder, output=output)
        wait_until(lambda: answers(self._port, "/health") or api.poll(), timeout=READY_SECONDS, what="the API")
        if not self.is_alive:
            raise ApiDied(f"the API did not start. It said:\n{tail_of(self.log)}")

    def drop_messages(self) -> None:
        """Nobody takes them, and a hundred thousand would fill the memory."""
        with redis.Redis.from_url(self._redis.url, socket_timeout=5) as broker:
            broker.delete("records")

    def close(self) -> None:
        if self._api is not None:
            processes.kill(self._api)
        self._redis.kill()
        self._postgres.destroy()
