"""Everything a suite needs, as real processes in one folder: PostgreSQL, Redis, the simulators and the service."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import ClassVar, Self

from sqlalchemy import text

from dev.demo import processes
from dev.demo.children import migrate_command, service_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.demo.waiting import find_free_port
from dev.harness.altegio import AltegioControl
from dev.harness.child import Child, start_together
from dev.harness.simulator import SimulatorControl
from dev.harness.stack import Stack

# Processes are killed here, the machine is not: what the kernel has, PostgreSQL may call written.
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off"}


class CommandFailed(Exception):
    """It ended with another code than 0; the message ends with what it said."""


class World:
    """`with World(folder) as world`: the stores run and the other processes can be started; none is left afterwards.

    `cashboxes` and `latency_ms` are those of the simulated Webkassa. Altegio is asked only with `asks_altegio`. `run_with`:
    how its commands run to their end; the tests have a quicker way.
    """

    run_with: ClassVar[Callable[..., "CompletedProcess[str]"]] = staticmethod(processes.run)

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        workers: int = 0,
        beats: int = 0,
        cashboxes: Iterable[str] = (),
        latency_ms: float = 20,
        asks_altegio: bool = False,
        postgres: Mapping[str, str] = UNSAFE_BUT_FAST,
    ) -> None:
        self.folder = folder
        self.secrets = Secrets.recall(folder)
        self.postgres, self.redis = Postgres(folder / "postgres", settings=postgres), Redis(folder / "redis")
        self.simulator = SimulatorControl(find_free_port(), self.secrets, folder, cashboxes, latency_ms=latency_ms)
        self.altegio = AltegioControl(folder, f"--latency-ms={latency_ms:g}")
        self.deaths: list[str] = []
        asked = self.altegio.environment if asks_altegio else {}
        self._extra = {"LOG_FORMAT": "json", **asked, **(environment or {})}
        self._workers, self._beats = workers, beats

    def __enter__(self) -> Self:
        try:
            self.postgres.start()
            self.redis.start()
        except BaseException:
            self.close()
            raise
        self.stack = self.build_stack()
        return self

    def build_stack(self) -> Stack:
        """The stores run by then."""
        return Stack(self.folder, self.environment, workers=self._workers, beats=self._beats)

    def __exit__(self, *_: object) -> None:
        for child in self.children:
            child.kill()
        self.close()

    def close(self) -> None:
        self.redis.kill()
        self.postgres.destroy()

    @property
    def environment(self) -> dict[str, str]:
        """All that a process of the service sees."""
        return service_environment(self.postgres.url, self.redis.url, self.simulator.url, self.secrets, self._extra)

    @property
    def children(self) -> list[Child]:
        return [self.altegio.process, self.simulator.process, *self.stack.children.values()]

    def migrate(self) -> None:
        self.run(migrate_command())

    def add_cashboxes(self, numbers: Mapping[str, int | None]) -> None:
        """The register's number -> the company it serves; None: those that have none of their own."""
        rows = [{"number": number, "company": company} for number, company in numbers.items()]
        statement = text("INSERT INTO cashboxes (unique_number, company_id) VALUES (:number, :company)")
        with self.postgres.connect() as connection:
            connection.execute(statement, rows)

    def opt_out(self, clients: Iterable[tuple[int, int]]) -> None:
        """These clients, each with its company, want no receipts sent."""
        rows = [{"company": company, "client": client} for company, client in clients]
        statement = text("INSERT INTO customer_opt_outs (company_id, client_id, actor) VALUES (:company, :client, 'dev')")
        if rows:
            with self.postgres.connect() as connection:
                connection.execute(statement, rows)

    def run(self, command: Sequence[str], said: str = "") -> None:
        """To its end, in the service's environment, with `said` on its standard input. Raises CommandFailed."""
        done = World.run_with(command, env=self.environment, cwd=self.folder, said=said)
        if done.returncode != 0:
            raise CommandFailed(f"{' '.join(command)} ended with {done.returncode}. It said:\n{done.stdout}{done.stderr}")

    def start(self) -> None:
        """Webkassa and the whole service."""
        start_together([self.simulator.process, *self.stack.children.values()])

    def revive(self) -> None:
        """What ended by itself is started again, as an init system would, and remembered."""
        for child in self.children:
            if child.has_died:
                self.deaths.append(child.name)
                child.start()
