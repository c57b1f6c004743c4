"""The service as the one user of Redis that production has: everything works, and what it may not do is refused."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from redis.exceptions import NoPermissionError
from sqlalchemy import make_url

from dev.demo.children import ROOT
from dev.demo.redis_server import RULES, SERVICE_USER, Redis
from dev.demo.state import Secrets
from tests.acceptance.test_flower import Flower, find_run
from tests.support.payloads import visit
from tests.support.stack import Stack


@pytest.fixture
def limited_url(redis_url: str, redis_server: Redis) -> str:
    """As the server of the demo knows it from its start."""
    number = redis_url.rsplit("/", 1)[1]
    return redis_server.service_url.rsplit("/", 1)[0] + f"/{number}"


@pytest.fixture
def limited(limited_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(limited_url) as client:
        yield client


def test_the_service_works_and_flower_shows_it(
    stack: Callable[..., Stack], limited_url: str, secrets: Secrets, tmp_path: Path
) -> None:
    service = stack(env={"REDIS_URL": limited_url})
    flower = Flower(service, secrets, tmp_path)
    numbers = iter(range(1, 1000))
    try:
        flower.process.start()

        def post_one() -> object:
            row_id = service.post(visit(next(numbers))).json()["record_id"]
            service.wait_for_state(row_id, "processed")
            return find_run(flower, row_id)

        service.wait_for(post_one, timeout=60, what="a task in Flower")
        with redis.Redis.from_url(limited_url) as client:
            # A dead letter, put there and taken out.
            row_id = service.post(visit(5000, services=[{"title": "Стрижка", "cost": -3}])).json()["record_id"]
            service.wait_for_state(row_id, "dead_lettered")
            service.wait_for(lambda: client.llen("dead_letter") == 1, what="the dead letter")
        logs = {**service.logs, "flower": flower.process.tail()}
    finally:
        flower.process.kill()
    words = ("NOPERM", "permission", "it is taken from the database")
    assert [name for name, log in logs.items() if any(word in log for word in words)] == []


@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "FLUSHDB",
        "CONFIG GET requirepass",
        "CONFIG SET maxmemory 1",
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "MODULE LIST",
        "MONITOR",
        "SHUTDOWN NOSAVE",
        "REPLICAOF NO ONE",
        "SAVE",
        "BGREWRITEAOF",
        "CLIENT LIST",
        "CLIENT PAUSE 10000",
        "CLIENT KILL TYPE normal",
        "ACL LIST",
        "ACL SETUSER default on nopass",
        "SCRIPT FLUSH",
        "FUNCTION LIST",
        "SWAPDB 0 1",
        "SET elsewhere 1",
        "GET elsewhere",
    ],
)
def test_what_the_service_may_not_do(limited: redis.Redis, command: str) -> None:
    with pytest.raises(NoPermissionError):
        limited.execute_command(*command.split(" "))


def test_production_starts_redis_with_that_user_and_no_other(tmp_path: Path) -> None:
    """`redis.sh`, with programs in place of the server's that say how they were called."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "redis-server").write_text('#!/bin/sh\necho "$@"; cat "$2"\n', "utf-8")
    (programs / "redis-server").chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "REDIS_PASSWORD": "a-password", "TMPDIR": str(tmp_path)}
    script = str(ROOT / "worker" / "entry" / "scripts" / "redis.sh")
    done = subprocess.run(
        ["sh", script, "--appendonly", "yes"], env=environment, capture_output=True, text=True, check=True, timeout=30
    )
    called, default, user = done.stdout.splitlines()
    assert called.startswith("--aclfile ")
    assert called.endswith(" --appendonly yes")
    assert default == "user default off"
    assert user.startswith(f"user {SERVICE_USER} on #e9fad6b0")
    assert user.endswith(RULES.read_text("utf-8").strip())
    assert "a-password" not in done.stdout
    without = subprocess.run(["sh", script], env={"PATH": environment["PATH"]}, capture_output=True, check=False)
    assert without.returncode != 0


def test_a_url_without_a_user_works_too(service: Stack) -> None:
    """Somebody else's Redis, as most tests have it."""
    assert make_url(service.environment["REDIS_URL"]).username in (None, "")
    service.post(visit(8401))
    service.wait_for_state(8401, "processed")
