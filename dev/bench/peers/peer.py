"""A job queue with two workers, started as its manual says; its jobs call the stand-in."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from dev.bench.peers.system import System
from dev.bench.world import POSTGRES_SETTINGS, BenchWorld
from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres
from dev.demo.processes import run
from dev.demo.redis_server import Redis
from dev.demo.waiting import find_free_port
from dev.demo.web import call
from dev.harness.child import start_together
from dev.harness.proxy import Proxy
from dev.harness.world import CommandFailed

ENVIRONMENT = ROOT / ".venv-peers"
_PYTHON = str(ENVIRONMENT / "bin" / "python")
_JOBS = "dev.bench.peers.jobs"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Commands are what follows `python -m`."""

    worker: Sequence[str]
    prepare: Sequence[str] = ()
    is_in_redis: bool = False


PEERS: Mapping[str, Peer] = {
    "procrastinate": Peer(
        prepare=("procrastinate", f"--app={_JOBS}.of_procrastinate.app", "schema", "--apply"),
        worker=("procrastinate", f"--app={_JOBS}.of_procrastinate.app", "worker"),
    ),
    "pgqueuer": Peer(
        prepare=("pgqueuer", "install"),
        worker=(f"{_JOBS}.of_pgqueuer",),
    ),
    "celery": Peer(worker=("celery", "-A", f"{_JOBS}.of_celery", "worker"), is_in_redis=True),
}


def read_versions() -> str:
    """Of the queues that are installed for the comparison."""
    program = f"import importlib.metadata as m; print(', '.join(f'{{n}} {{m.version(n)}}' for n in {tuple(PEERS)!r}))"
    return run([_PYTHON, "-c", program]).stdout.strip()


@contextmanager
def open_peer(name: str, folder: Path, latency_ms: float) -> Iterator[System]:
    peer = PEERS[name]
    with BenchWorld(folder, postgres=POSTGRES_SETTINGS) as world:
        store: Postgres | Redis = world.redis if peer.is_in_redis else world.postgres
        with Proxy(store.port) as way:
            yield _start(name, peer, world, store, way, latency_ms)


def _start(name: str, peer: Peer, world: BenchWorld, store: Postgres | Redis, way: Proxy, latency_ms: float) -> System:
    standin = _serve(world, "standin", {"STANDIN_LATENCY_MS": str(latency_ms)}, "--lifespan=off")
    straight = {"STANDIN_URL": standin, "QUEUE": f"{_JOBS}.of_{name}", **_lead_to(world, peer, store.port)}
    if peer.prepare:
        done = run([_PYTHON, "-m", *peer.prepare], env={**world.environment, **straight}, cwd=world.folder)
        if done.returncode != 0:
            raise CommandFailed(f"{' '.join(peer.prepare)} said:\n{done.stdout}{done.stderr}")
    door = _serve(world, "producer", straight)
    hurt = {**straight, **_lead_to(world, peer, way.port)}
    workers = [
        world.stack.add(worker, [_PYTHON, "-m", *peer.worker], lambda _: True, hurt) for worker in ("worker-1", "worker-2")
    ]
    start_together(workers)
    return System(
        name=name,
        store=store,
        ways=[way],
        children={child.name: child for child in workers},
        workers=workers,
        make_request=lambda number: (f"{door}/{number}", b""),
        count_done=lambda: int(call("GET", f"{standin}/count")),
        list_done=lambda: list(call("GET", f"{standin}/")),
    )


def _serve(world: BenchWorld, application: str, environment: Mapping[str, str], *flags: str) -> str:
    """Returns its address."""
    port = find_free_port()
    command = [_PYTHON, "-m", "uvicorn", f"{_JOBS}.web:{application}", f"--port={port}", "--no-access-log", *flags]
    world.stack.add(application, command, lambda said: "Uvicorn running" in said, environment).start()
    return f"http://127.0.0.1:{port}"


def _lead_to(world: BenchWorld, peer: Peer, port: int) -> Mapping[str, str]:
    """The store's address by that port, in the names that the jobs and pgqueuer's command read."""
    url = make_url(world.redis.url if peer.is_in_redis else world.postgres.url).set(port=port)
    if not peer.is_in_redis:
        url = url.set(drivername="postgresql")
    address = url.render_as_string(hide_password=False)
    return {"STORE_URL": address, "PGDSN": address}
