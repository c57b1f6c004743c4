"""Webhooks a second, beside what the same machine does without the work and with the usual ways of doing it."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from sqlalchemy import text

from dev.bench.load import Load, has_wrk, post, post_and_remember
from dev.bench.material.backlog import UNDECIDED, count
from dev.bench.material.bodies import make_template
from dev.bench.plot import write_bars
from dev.bench.world import BenchWorld, open_world
from dev.harness.command import tell
from dev.harness.report import show_table

CONNECTIONS = (1, 16, 64, 256)
BROKER_CONNECTIONS = (16, 64)
OURS, HELLO, PARSED, ORDINARY, CAREFUL = "ingress", "hello", "hello, parsed", "A: ORM + publish", "B: asyncpg"
_NUMBERS_OF_A_RUN = 10_000_000

Figures = dict[tuple[str, int], list[Load]]


class NotKept(Exception):
    """An acknowledged webhook is not in the table, or nobody would find it."""


class Ingress:
    """The service and its references side by side, each on a port of its own; one of them is under load at a time."""

    def __init__(self, world: BenchWorld, seconds: float) -> None:
        self._world, self._seconds = world, seconds
        self._first = 1_000_000_000
        world.stack.start("api")
        self.urls = {
            OURS: world.stack.webhook_url,
            HELLO: world.start_reference("hello", "hello"),
            PARSED: world.start_reference("parsed", "parsed"),
            ORDINARY: world.start_reference("ordinary", "make_ordinary", "--factory"),
            CAREFUL: world.start_reference("careful", "make_careful", "--factory"),
        }

    def measure(self, name: str, connections: int, *, is_clean: bool = False) -> Load:
        """One run on empty tables. Raises NotKept."""
        if not is_clean:
            self._world.wipe("webhook_records")
        self._first += _NUMBERS_OF_A_RUN
        load = post(
            self.urls[name], connections=connections, seconds=self._seconds, first=self._first, folder=self._world.folder
        )
        if name == OURS:
            self._check_kept(load.acknowledged)
        return load

    def check_every_number(self, seconds: float) -> int:
        """Posts, and looks for the number of each acknowledged webhook; returns how many. Raises NotKept."""
        self._world.wipe("webhook_records")
        self._first += _NUMBERS_OF_A_RUN
        _, acknowledged = post_and_remember(self.urls[OURS], connections=64, seconds=seconds, first=self._first)
        with self._world.postgres.connect() as connection:
            found = connection.execute(text("SELECT resource_id FROM webhook_records")).scalars()
            missing = set(acknowledged) - set(found)
        if missing or not acknowledged:
            raise NotKept(f"{len(missing)} of {len(acknowledged)} acknowledged webhooks are not in the table")
        self._check_kept(len(acknowledged))
        return len(acknowledged)

    def _check_kept(self, acknowledged: int) -> None:
        """Each row is open and has a time at which the dispatcher will see to it, if its message does not come first."""
        with self._world.postgres.connect() as connection:
            kept = count(connection, f"{UNDECIDED} AND next_attempt_at IS NOT NULL")
        if kept < acknowledged:
            raise NotKept(f"{acknowledged} acknowledged, {kept} in the table")


def run(runs: int, seconds: float, plot: Path | None) -> None:
    with open_world() as world:
        ingress = Ingress(world, seconds)
        figures: Figures = {}
        database: dict[int, list[float]] = {1: [], 16: []}
        for number in range(runs):
            tell(f"ingress: run {number + 1} of {runs}")
            for connections in CONNECTIONS:
                for name in ingress.urls:
                    figures.setdefault((name, connections), []).append(ingress.measure(name, connections))
            for clients in database:
                database[clients] += _run_pgbench(world, clients, seconds)
        _report(ingress, figures, database)
        _report_broker(world, ingress, runs)
        print(f"\nEach of {ingress.check_every_number(seconds)} acknowledged numbers was found in the table.")
        if plot:
            rates = {key: median([load.rate for load in loads]) for key, loads in figures.items()}
            series = {name: [rates[name, c] for c in CONNECTIONS] for name in ingress.urls}
            labels = [f"{c} connections" for c in CONNECTIONS]
            write_bars(plot, "Acknowledged webhooks a second, one process", labels, series)


def _report(ingress: Ingress, figures: Figures, database: Mapping[int, Sequence[float]]) -> None:
    def rate(name: str, connections: int) -> float:
        return median([load.rate for load in figures[name, connections]])

    print(f"Load by {'wrk' if has_wrk() else 'a generator in Python'}; medians.\n")
    ratios = [(c, *(rate(OURS, c) / max(rate(name, c), 1e-9) for name in ingress.urls if name != OURS)) for c in CONNECTIONS]
    print(show_table(["connections", *(f"x {name}" for name in ingress.urls if name != OURS)], ratios), end="\n\n")
    print(_show_loads("", figures), end="\n\n")
    if all(database.values()):
        commits = [(f"{clients} clients", median(rates)) for clients, rates in database.items()]
        print(show_table(["pgbench, the same row", "commits/s"], commits), end="\n\n")


def _show_loads(what: str, figures: Figures) -> str:
    """Medians, by name and then by connections."""
    keys = sorted(figures, key=lambda key: list(dict.fromkeys(name for name, _ in figures)).index(key[0]))
    rows = []
    for name, connections in keys:
        loads = figures[name, connections]
        medians = (median(getattr(load, figure) for load in loads) for figure in ("rate", "p50", "p95", "p99", "max"))
        rows.append((name, connections, *medians, sum(load.refused + load.broken for load in loads)))
    return show_table([what, "connections", "acks/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "errors"], rows)


def _report_broker(world: BenchWorld, ingress: Ingress, runs: int) -> None:
    """What becomes of the rate while Redis hangs and while it is gone; each beside an undisturbed run of its own."""

    troubles: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "well": (lambda: None, lambda: None),
        "hung": (world.redis.pause, world.redis.resume),
        "stopped": (world.redis.stop, world.redis.start),
    }
    found: Figures = {}
    for _ in range(runs):
        for connections in BROKER_CONNECTIONS:
            for name, (begin, end) in troubles.items():
                world.wipe("webhook_records")
                begin()
                try:
                    load = ingress.measure(OURS, connections, is_clean=True)
                finally:
                    end()
                found.setdefault((name, connections), []).append(load)
    print(_show_loads("Redis", found))


def _run_pgbench(world: BenchWorld, clients: int, seconds: float) -> list[float]:
    """Commits a second of single INSERTs of the measured row; nothing where pgbench is not installed."""
    if shutil.which("pgbench") is None:
        return []
    world.wipe("webhook_records")
    world.postgres.execute("CREATE TABLE IF NOT EXISTS bench_body (body text)", "TRUNCATE bench_body")
    world.postgres.execute("INSERT INTO bench_body VALUES (:body)", body=make_template().decode())
    script = world.folder / "insert.sql"
    script.write_text(
        "\\set n random(1, 9000000000000000)\n"
        "INSERT INTO webhook_records (company_id, resource, resource_id, status, dedup_key, body) "
        "SELECT 307001, 'record', :n, 'update', 'pgbench' || :n, body::jsonb FROM bench_body;\n"
    )
    url = world.postgres.url.replace("+psycopg2", "")
    command = ["pgbench", "-n", "-M", "prepared", f"-c{clients}", f"-T{max(1, round(seconds))}", "-f", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    return [float(found.group(1))] if found else []
