"""What is measured: the world of the suites with the stores as they run in production, and more to start."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dev.bench.material.backlog import FIRST_COMPANY, number_of
from dev.demo.children import api_command, flower_command
from dev.demo.waiting import find_free_port
from dev.demo.web import answers
from dev.harness.command import work_folder
from dev.harness.simulator import SimulatorControl
from dev.harness.world import World

# What docker-compose.yml and PostgreSQL's own defaults say, not the embedded server's thrift: every commit is on the disk.
POSTGRES_SETTINGS = {"shared_buffers": "128MB", "max_wal_size": "1GB", "wal_level": "replica", "max_connections": "200"}
# No waiting for payments that may follow: what is measured is the work.
AT_ONCE = {"PAYMENT_WAIT_SECONDS": "0", "GOODS_WAIT_SECONDS": "0"}


class BenchWorld(World):
    def start_simulator(self, cashboxes: int, latency_ms: float) -> None:
        """With that many cashboxes, and nothing it remembers."""
        numbers = map(number_of, range(cashboxes))
        self.simulator = SimulatorControl(
            self.simulator.port, self.secrets, self.folder, numbers, latency_ms=latency_ms, keeps_ledger=False
        )
        self.simulator.process.start()

    def add_salons(self, count: int) -> None:
        """With a cashbox each."""
        self.add_cashboxes({number_of(place): FIRST_COMPANY + place for place in range(count)})

    def wipe(self, *tables: str) -> None:
        """And what refers to them, and every message, so that nothing measured starts with another's remains."""
        self.redis.flush(0)
        self.postgres.execute(f"TRUNCATE {', '.join(tables)} CASCADE", "CHECKPOINT")

    def start_worker(self, name: str = "worker", slots: int | None = 8) -> None:
        self.stack.add_worker(name, slots).start()

    def start_flower(self) -> None:
        port = find_free_port()
        command = flower_command(port, self.folder / "flower.db")
        self.stack.add("flower", command, lambda _: answers(f"http://127.0.0.1:{port}/flower/healthcheck")).start()

    def start_reference(self, name: str, application: str, *flags: str) -> str:
        """An application of `references`, with the flags of the service's own server; returns its address."""
        port = find_free_port()
        command = [part if part != "api.main:app" else f"dev.bench.references:{application}" for part in api_command(port)]
        self.stack.add(name, [*command, *flags], lambda said: "startup complete" in said).start()
        return f"http://127.0.0.1:{port}/"


@contextmanager
def open_world(
    environment: Mapping[str, str] | None = None, settings: Mapping[str, str] = POSTGRES_SETTINGS
) -> Iterator[BenchWorld]:
    """With the tables of the service in it; nothing is left of it afterwards."""
    with work_folder("dev.bench") as folder, BenchWorld(folder, environment, postgres=settings) as world:
        world.migrate()
        yield world
