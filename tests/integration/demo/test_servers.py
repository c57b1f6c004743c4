"""The launcher of real servers: started, killed, started again, nothing lost and nothing left behind."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy import text

from dev.demo import processes
from dev.demo.children import ROOT, base_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.servers import Server, ServerFailed
from dev.demo.waiting import wait_until


@pytest.fixture
def folder(workplace: Path, request: pytest.FixtureRequest) -> Path:
    """Below the workplace, which the account of PostgreSQL can reach."""
    path = workplace / f"{request.node.name}"
    path.mkdir()
    return path


@pytest.fixture(scope="module")
def module_postgres(workplace: Path) -> Iterator[Postgres]:
    """Made once, since making its data takes a second of a processor."""
    folder = workplace / "servers"
    folder.mkdir()
    server = Postgres(folder / "postgres")
    yield server
    server.destroy()


@pytest.fixture
def own_postgres(module_postgres: Postgres) -> Postgres:
    """Up, whatever the test before did to it."""
    module_postgres.resume()
    module_postgres.start()
    return module_postgres


@pytest.fixture
def own_redis(folder: Path) -> Iterator[Redis]:
    server = Redis(folder / "redis")
    try:
        server.start()
        yield server
    finally:
        server.kill()


def write_row(server: Postgres) -> None:
    with server.connect() as connection:
        connection.execute(text("DROP TABLE IF EXISTS kept"))
        connection.execute(text("CREATE TABLE kept AS SELECT 4000 AS total"))


def read_row(server: Postgres) -> int:
    with server.connect() as connection:
        return int(connection.scalar(text("SELECT total FROM kept")) or 0)


def test_postgres_keeps_data_and_port_through_a_kill(own_postgres: Postgres) -> None:
    write_row(own_postgres)
    port = own_postgres.port
    own_postgres.kill()
    assert not own_postgres.running
    assert not own_postgres.answers()

    own_postgres.start()

    assert own_postgres.port == port
    assert read_row(own_postgres) == 4000


def test_a_second_launcher_finds_the_first_ones_data(own_postgres: Postgres) -> None:
    write_row(own_postgres)
    own_postgres.stop()

    with Postgres(own_postgres.folder) as again:
        assert again.url == own_postgres.url
        assert read_row(again) == 4000


def test_a_leftover_postgres_is_ended_and_not_adopted(own_postgres: Postgres) -> None:
    write_row(own_postgres)
    leftover = own_postgres.process
    assert leftover is not None

    with Postgres(own_postgres.folder) as again:
        assert leftover.wait(30) is not None
        assert again.pid != leftover.pid
        assert read_row(again) == 4000


def test_a_stale_pid_of_somebody_else_does_not_stop_postgres(own_postgres: Postgres) -> None:
    write_row(own_postgres)
    lock = next((own_postgres.folder / "home").glob("data-*")) if (own_postgres.folder / "home").exists() else None
    if lock is None:
        pytest.skip("the data lies outside the workplace, since its parents are closed")
    lock /= "postmaster.pid"
    own_postgres.kill()
    _, *rest = lock.read_text().splitlines(keepends=True)
    lock.write_text(f"{os.getpid()}\n{''.join(rest)}")

    own_postgres.start()

    assert read_row(own_postgres) == 4000


def test_postgres_never_runs_as_root(own_postgres: Postgres) -> None:
    owner = Path(f"/proc/{own_postgres.pid}")
    if not owner.exists():
        pytest.skip("no /proc here")
    assert owner.stat().st_uid != 0


def test_databases_are_copied_with_their_content(own_postgres: Postgres) -> None:
    write_row(own_postgres)
    own_postgres.create_database("copy", "altegio")

    with own_postgres.connect("copy") as connection:
        assert connection.scalar(text("SELECT total FROM kept")) == 4000
    own_postgres.drop_database("copy")


def test_postgres_knows_cyrillic_letters(own_postgres: Postgres) -> None:
    with own_postgres.connect() as connection:
        assert connection.scalar(text("SELECT 'СТРИЖКА' ILIKE 'стрижка'"))


def test_redis_keeps_data_through_a_kill_and_lets_nobody_in_without_password(own_redis: Redis) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("kept", "4000")
        client.config_get("maxmemory-policy")
        # "everysec" may lose the last second when the machine dies, not when the process does.
        own_redis.kill()
        own_redis.start()
        assert client.get("kept") == b"4000"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with redis.Redis(port=own_redis.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_a_leftover_redis_is_ended_and_not_adopted(own_redis: Redis) -> None:
    leftover = own_redis.process
    assert leftover is not None
    with Redis(own_redis.folder) as again:
        assert leftover.wait(30) is not None
        assert again.pid != leftover.pid


def test_a_hung_server_answers_again_after_resume(own_redis: Redis) -> None:
    own_redis.pause()
    assert not own_redis.answers()
    own_redis.resume()
    wait_until(own_redis.answers, timeout=30, what="Redis to answer")


def test_a_hung_postgres_hangs_for_those_who_are_connected_too(own_postgres: Postgres) -> None:
    with own_postgres.connect() as connection, ThreadPoolExecutor(1) as pool:
        own_postgres.pause()
        answer = pool.submit(connection.scalar, text("SELECT 1"))
        with pytest.raises(TimeoutError):
            answer.result(timeout=0.5)
        own_postgres.resume()
        assert answer.result(timeout=30) == 1


def test_a_killed_postgres_takes_its_backends_along(own_postgres: Postgres) -> None:
    with own_postgres.connect() as connection:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
        own_postgres.kill()
        wait_until(lambda: not processes.read_command_line(backend), timeout=30, what="its backend to be gone")


def test_a_hung_postgres_can_be_stopped(own_postgres: Postgres) -> None:
    with own_postgres.connect():
        own_postgres.pause()
        own_postgres.stop()
        assert own_postgres.exit_code == 0


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_a_server_does_not_outlive_a_killed_launcher(kind: str, folder: Path) -> None:
    launcher = start_launcher(kind, folder)
    server_pid = int((folder / kind / "pid").read_text())
    assert psutil.pid_exists(server_pid)

    launcher.kill()
    launcher.wait()

    wait_until(lambda: not processes.read_command_line(server_pid), timeout=30, what=f"{kind} to end")
    if kind == "postgres":
        Postgres(folder / kind).destroy()


def start_launcher(kind: str, folder: Path) -> "subprocess.Popen[bytes]":
    """A process that starts a server and then only waits."""
    names = {"postgres": ("postgres_server", "Postgres"), "redis": ("redis_server", "Redis")}
    module, name = names[kind]
    code = f"""
import pathlib, signal
from dev.demo.{module} import {name}
{name}(pathlib.Path({str(folder / kind)!r})).start()
print("up", flush=True)
signal.pause()
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=base_environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as output:
        assert output.readline() == b"up\n"
    return process


@pytest.mark.parametrize("make", [Postgres, Redis])
def test_secrets_are_for_the_owner_only(make: type[Server], folder: Path) -> None:
    server = make(folder / "server")
    with server:
        secret_files = [path for path in server.folder.iterdir() if path.name in ("password", "redis.conf")]
        command = processes.read_command_line(server.pid)
        assert secret_files
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secret_files)
        assert server.password not in command
    if isinstance(server, Postgres):
        server.destroy()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    broken = Postgres(folder / "postgres", settings={"shared_buffers": "a lot"})
    with pytest.raises(ServerFailed, match="shared_buffers"):
        broken.start()
    broken.destroy()


def test_ending_a_process_takes_its_children_along(folder: Path) -> None:
    script = "sleep 600 & echo $! > child; trap '' TERM; while :; do wait; done"
    parent = processes.spawn(["/bin/sh", "-c", script], env=base_environment(), cwd=folder, output=subprocess.DEVNULL)
    child_file = folder / "child"
    wait_until(lambda: child_file.exists() and child_file.read_text().strip(), timeout=30, what="the child")
    child = int(child_file.read_text())

    processes.end(parent, signal.SIGTERM, patience=0.2)

    assert parent.returncode == -signal.SIGKILL
    wait_until(lambda: not processes.read_command_line(child), timeout=30, what="the grandchild to end")
