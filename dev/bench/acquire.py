"""`python -m dev.bench.acquire`: how long the pages of the payment page take with many visits stored."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from sqlalchemy import create_engine

from dev.bench.acquire_data import count_awaiting, fill
from dev.bench.acquire_pages import LOGIN, PASSWORD, TIMEOUT, Visit, Visitor, make_pages
from dev.bench.acquire_plans import count_sizes, explain_pages
from dev.chaos.child import Child
from dev.demo.calls import answers
from dev.demo.children import api_command, migrate_command, service_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.demo.waiting import find_free_port

HEADINGS = ("page", "p50 ms", "p95 ms", "max ms", "p95 ms, 4 at once")
CLIENTS = 4


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.bench.acquire", description=__doc__)
    parser.add_argument("--visits", type=int, default=100_000, help="stored visits, over ten days (100000)")
    parser.add_argument("--requests", type=int, default=200, help="for each page (200)")
    parser.add_argument("--plans", type=Path, help="also write the query plans to this file")
    arguments = parser.parse_args()
    # A visit is paid once: alone, together, and before each of the two.
    if count_awaiting(arguments.visits) < 2 * (arguments.requests + CLIENTS):
        parser.error("--visits: too few to take --requests payments twice, of which 20 in 1000 visits await one")
    return arguments


class Service:
    """PostgreSQL, Redis and the api, filled; nothing is left of it afterwards."""

    def __init__(self, folder: Path) -> None:
        secrets, port = Secrets.recall(folder), find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.postgres, self._redis = Postgres(folder / "postgres"), Redis(folder / "redis")
        self.postgres.start()
        self._redis.start()
        self._environment = service_environment(
            self.postgres.url, self._redis.url, self.url, secrets, {"LOG_LEVEL": "WARNING"}
        )
        self._folder = folder
        self._api = Child("api", api_command(port), self._environment, folder, lambda _: answers(port, "/health"))

    def start(self, visits: int) -> None:
        self._run(migrate_command())
        self._run((sys.executable, "-m", "api.acquire.users", "add", LOGIN, "--role", "manager", "--password-stdin"))
        with self.postgres.connect() as connection:
            fill(connection, visits)
        self._api.start()

    def close(self) -> None:
        self._api.kill()
        self._redis.kill()
        self.postgres.destroy()

    def _run(self, command: Sequence[str]) -> None:
        with (self._folder / "setup.log").open("ab") as log:
            subprocess.run(
                command,
                env=self._environment,
                cwd=self._folder,
                input=f"{PASSWORD}\n".encode(),
                stdout=log,
                stderr=log,
                check=True,
            )


def measure(url: str, visit: Visit, requests: int, clients: int) -> list[float]:
    """Milliseconds of each request, sorted; `clients` at once share them."""
    all_signed_in = Barrier(clients)

    def work(first: int) -> list[float]:
        visitor = Visitor(url)
        visit(visitor, first)  # what is read once and kept counts as little as it does all day
        all_signed_in.wait(TIMEOUT)
        return [_time(visitor, visit, number) for number in range(first, requests, clients)]

    with ThreadPoolExecutor(clients) as pool:
        return sorted(ms for part in pool.map(work, range(clients)) for ms in part)


def _time(visitor: Visitor, visit: Visit, number: int) -> float:
    begun = time.perf_counter()
    visit(visitor, number)
    return (time.perf_counter() - begun) * 1000


def describe(name: str, alone: Sequence[float], together: Sequence[float]) -> str:
    figures = (pick(alone, 0.5), pick(alone, 0.95), alone[-1], pick(together, 0.95))
    return f"| {name} | " + " | ".join(f"{ms:.0f}" for ms in figures) + " |"


def pick(sorted_values: Sequence[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def run(arguments: argparse.Namespace, service: Service) -> None:
    print(f"filling {arguments.visits} visits", file=sys.stderr, flush=True)
    service.start(arguments.visits)
    engine = create_engine(service.postgres.url)
    with engine.connect() as connection:
        print(count_sizes(connection), end="\n\n")
    print(f"| {' | '.join(HEADINGS)} |\n|---|{'---:|' * (len(HEADINGS) - 1)}")
    for name, visit in make_pages(arguments.visits).items():
        alone = measure(service.url, visit, arguments.requests, 1)
        print(describe(name, alone, measure(service.url, visit, arguments.requests, CLIENTS)), flush=True)
    if arguments.plans:
        plans = (f"## {name}\n\n```\n{plan}\n```\n" for name, plan in explain_pages(engine))
        arguments.plans.write_text("\n".join(plans), encoding="utf-8")
    engine.dispose()


def main() -> int:
    arguments = read_arguments()
    folder = Path(tempfile.mkdtemp(prefix="altegio-webkassa-bench-"))
    # PostgreSQL runs as another account where this one is root.
    folder.chmod(0o755)
    service = Service(folder)
    try:
        run(arguments, service)
    finally:
        service.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
