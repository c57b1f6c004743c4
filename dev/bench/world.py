"""What is measured, as real processes in a folder of its own: PostgreSQL, Redis, Webkassa's simulator and the service."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dev.chaos.child import Child
from dev.chaos.register import Register
from dev.demo.calls import answers
from dev.demo.children import (
    api_command,
    base_environment,
    beat_command,
    migrate_command,
    service_environment,
    simulator_command,
    worker_command,
)
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.demo.waiting import find_free_port

# What docker-compose.yml and PostgreSQL's own defaults say, not the embedded server's thrift: every commit is on the disk.
POSTGRES_SETTINGS = {"shared_buffers": "128MB", "max_wal_size": "1GB", "wal_level": "replica", "max_connections": "200"}


class World:
    """Nothing is left of it after `close`."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="altegio-webkassa-bench-"))
        # PostgreSQL runs as another account where this one is root.
        self.folder.chmod(0o755)
        self.secrets = Secrets.recall(self.folder)
        self.postgres = Postgres(self.folder / "postgres", settings=POSTGRES_SETTINGS)
        self.redis = Redis(self.folder / "redis")
        self._extra = dict(environment or {})
        self._simulator_port = find_free_port()
        self.register = Register(f"http://127.0.0.1:{self._simulator_port}")
        self._children: list[Child] = []
        self.webhook_url = ""

    def start(self) -> None:
        """The stores, with the tables of the service in them."""
        self.postgres.start()
        self.redis.start()
        environment = {**base_environment(), "DATABASE_URL": self.postgres.url}
        subprocess.run(migrate_command(), env=environment, cwd=self.folder, capture_output=True, check=True)

    @property
    def environment(self) -> dict[str, str]:
        extra = {"LOG_FORMAT": "json", "MALLOC_ARENA_MAX": "2", **self._extra}
        return service_environment(self.postgres.url, self.redis.url, self.register.url, self.secrets, extra)

    def start_api(self) -> str:
        """Returns the address webhooks go to."""
        port = find_free_port()
        self.spawn("api", api_command(port), lambda _: answers(port, "/health"))
        self.webhook_url = f"http://127.0.0.1:{port}/api/webhook/{self.secrets.webhook}"
        return self.webhook_url

    def start_reference(self, name: str, application: str, *flags: str) -> str:
        """An application of `references`, with the flags of the service's own server."""
        port = find_free_port()
        command = [part if part != "api.main:app" else application for part in api_command(port)]
        self.spawn(name, [*command, *flags], lambda said: "startup complete" in said)
        return f"http://127.0.0.1:{port}/"

    def start_simulator(self, cashboxes: Sequence[str], latency_ms: float) -> None:
        numbers = [f"--cashbox={number}" for number in cashboxes]
        command = simulator_command(self._simulator_port, self.secrets, self.folder / "ledger")
        command = [part for part in command if not part.startswith("--state-file=")]
        command = [*command, f"--latency-ms={latency_ms:g}", *numbers]
        self.spawn("webkassa", command, lambda said: "simulator on" in said, base_environment())

    def start_worker(self, name: str = "worker", slots: int = 8, environment: Mapping[str, str] | None = None) -> Child:
        environment = {**self.environment, **(environment or {})}
        return self.spawn(name, worker_command(name, slots), lambda said: " ready." in said, environment)

    def start_beat(self) -> Child:
        return self.spawn("beat", beat_command(self.folder / "beat-schedule"), lambda said: "is starting." in said)

    def start_flower(self) -> Child:
        port = find_free_port()
        command = (sys.executable, "-m", "celery", "-A", "worker", "flower", "--address=127.0.0.1", f"--port={port}")
        return self.spawn("flower", command, lambda _: answers(port, "/healthcheck"))

    def spawn(
        self,
        name: str,
        command: Sequence[str],
        is_ready: Callable[[str], bool],
        environment: Mapping[str, str] | None = None,
    ) -> Child:
        """Returns when it is ready."""
        child = Child(name, command, environment or self.environment, self.folder, is_ready)
        self._children.append(child)
        child.start()
        return child

    def pid_of(self, name: str) -> int:
        return next(child.pid for child in self._children if child.name == name)

    def end(self, *names: str) -> None:
        for child in [child for child in self._children if child.name in names]:
            child.kill()
            self._children.remove(child)

    def close(self) -> None:
        for child in self._children:
            child.kill()
        self.redis.kill()
        self.postgres.destroy()
        shutil.rmtree(self.folder, ignore_errors=True)
