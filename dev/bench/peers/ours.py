"""The service, end to end: a webhook comes in, a worker decides it, a receipt is issued at the simulated Webkassa."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from dev.bench.material.backlog import FIRST_RECORD, company_of
from dev.bench.material.bodies import encode, make_body
from dev.bench.peers.system import System
from dev.bench.world import AT_ONCE, POSTGRES_SETTINGS, BenchWorld
from dev.demo.children import worker_command
from dev.harness.child import start_together
from dev.harness.proxy import Proxy
from dev.harness.stack import Stack

NAME = "ours"
SALONS = 50
_WORKERS = ("worker-1", "worker-2")


class _World(BenchWorld):
    """Its workers reach PostgreSQL and Redis through proxies; everything else goes straight."""

    def build_stack(self) -> Stack:
        self.opened = ExitStack()
        self.ways = [self.opened.enter_context(Proxy(port)) for port in (self.postgres.port, self.redis.port)]
        addresses = {
            name: make_url(self.environment[name]).set(port=way.port).render_as_string(hide_password=False)
            for name, way in zip(("DATABASE_URL", "REDIS_URL"), self.ways, strict=True)
        }
        stack = Stack(self.folder, self.environment, beats=1, special={"worker": addresses})
        for name in _WORKERS:
            # With as many slots as they choose by themselves.
            stack.add(name, worker_command(name), lambda said: " ready." in said)
        return stack

    def close(self) -> None:
        if hasattr(self, "opened"):
            self.opened.close()
        super().close()

    def make_request(self, number: int) -> tuple[str, bytes]:
        return self.stack.webhook_url, encode(make_body(FIRST_RECORD + number, company_of(number)))

    def count_done(self) -> int:
        return int(self.simulator.state()["receipts"])

    def list_done(self) -> Sequence[int]:
        """Documents at Webkassa, by the numbers they carry."""
        numbers = (row["external_check_number"] for row in self.simulator.receipts())
        return [int(number.removeprefix("altegio_")) - FIRST_RECORD for number in numbers]


@contextmanager
def open_ours(folder: Path, latency_ms: float) -> Iterator[System]:
    with _World(folder, AT_ONCE, postgres=POSTGRES_SETTINGS) as world:
        world.migrate()
        world.start_simulator(SALONS, latency_ms)
        world.add_salons(SALONS)
        start_together(world.stack.children.values())
        yield System(
            name=NAME,
            store=world.postgres,
            ways=world.ways,
            children=world.stack.children,
            workers=[world.stack.children[name] for name in _WORKERS],
            make_request=world.make_request,
            count_done=world.count_done,
            list_done=world.list_done,
        )
