"""Everything a run needs, as real processes in one folder: PostgreSQL, Redis, Webkassa's simulator and the service."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import text

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
from dev.demo.state import CASHBOX, Secrets
from dev.demo.waiting import find_free_port

# Salons 1-3 have a cashbox of their own, the others share the default one.
COMPANIES = (307001, 307002, 307003, 307004, 307005)
CASHBOXES = {307001: "SWK00000002", 307002: "SWK00000003", 307003: "SWK00000004"}
LATENCY_MS = 20
# Processes are killed here, the machine is not: what the kernel has, PostgreSQL may call written.
POSTGRES_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class World:
    def __init__(self, folder: Path, *, workers: int, environment: Mapping[str, str], beats: int = 2) -> None:
        self.folder = folder
        self.secrets = Secrets.recall(folder)
        self.postgres = Postgres(folder / "postgres", settings=POSTGRES_SETTINGS)
        self.redis = Redis(folder / "redis")
        simulator_port, self._api_port = find_free_port(), find_free_port()
        self.register = Register(f"http://127.0.0.1:{simulator_port}")
        self.webhook_url = f"http://127.0.0.1:{self._api_port}/api/webhook/{self.secrets.webhook}"
        self._simulator = self._make_simulator(simulator_port)
        self._extra, self._worker_count, self._beat_count = environment, workers, beats
        self.workers: list[Child] = []
        self.beats: list[Child] = []
        self.deaths: list[str] = []

    def start(self) -> None:
        self.postgres.start()
        self.redis.start()
        self._simulator.spawn()
        self._migrate()
        self._add_cashboxes()
        self._make_children()
        for child in self._children():
            child.spawn()
        for child in self._children():
            child.await_ready()

    def close(self) -> None:
        for child in self._children():
            child.kill()
        self.redis.kill()
        self.postgres.destroy()

    def restart_workers(self) -> None:
        """Those that do not run."""
        for worker in self.workers:
            worker.spawn()
        for worker in self.workers:
            worker.await_ready()

    def revive(self) -> None:
        """What ended by itself is started again, as an init system would, and remembered."""
        for child in self._children():
            if child.has_died:
                self.deaths.append(child.name)
                child.start()

    def kill_workers(self) -> None:
        for worker in self.workers:
            worker.kill()

    def _children(self) -> Sequence[Child]:
        # `api` exists once the world was started.
        service = [self.api, *self.workers, *self.beats] if self.workers else []
        return [self._simulator, *service]

    def _make_simulator(self, port: int) -> Child:
        cashboxes = [f"--cashbox={number}" for number in CASHBOXES.values()]
        command = [*simulator_command(port, self.secrets, self.folder / "ledger"), f"--latency-ms={LATENCY_MS}", *cashboxes]
        return Child("webkassa", command, base_environment(), self.folder, lambda said: "simulator on" in said)

    @property
    def environment(self) -> dict[str, str]:
        """All that a process of the service sees."""
        extra = {"LOG_FORMAT": "json", **self._extra}
        return service_environment(self.postgres.url, self.redis.url, self.register.url, self.secrets, extra)

    def _make_children(self) -> None:
        environment = self.environment

        def make(name: str, command: Sequence[str], words: str) -> Child:
            return Child(name, command, environment, self.folder, lambda said: words in said)

        port = self._api_port
        self.api = Child("api", api_command(port), environment, self.folder, lambda _: answers(port, "/health"))
        names = [f"worker-{number}" for number in range(1, self._worker_count + 1)]
        self.workers = [make(name, worker_command(name, concurrency=4), " ready.") for name in names]
        beats = [f"beat-{number}" for number in range(1, self._beat_count + 1)]
        self.beats = [make(name, beat_command(self.folder / f"{name}-schedule"), "is starting.") for name in beats]

    def _migrate(self) -> None:
        environment = {**base_environment(), "DATABASE_URL": self.postgres.url}
        log = self.folder / "migrate.log"
        with log.open("wb") as output:
            subprocess.run(
                migrate_command(), env=environment, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT, check=True
            )

    def _add_cashboxes(self) -> None:
        rows: list[dict[str, str | int | None]] = [{"number": CASHBOX, "company": None}]
        rows += [{"number": number, "company": company} for company, number in CASHBOXES.items()]
        statement = text("INSERT INTO cashboxes (unique_number, company_id) VALUES (:number, :company)")
        with self.postgres.connect() as connection:
            connection.execute(statement, rows)
