"""A Redis that answers, and refuses every write: full, made a replica, unable to save, without its replicas."""

import os
import signal
from collections.abc import Callable, Mapping

import redis
from redis.exceptions import ResponseError

from dev.demo import processes
from dev.demo.redis_server import Redis
from dev.demo.waiting import wait_until

_CALM = {"maxmemory": "0", "min-replicas-to-write": "0", "save": "", "rdb-key-save-delay": "0"}


def refuse(server: Redis, kind: str) -> None:
    """Returns when writes are refused for that reason, one of REFUSALS."""
    with redis.Redis.from_url(server.url) as client:
        REFUSALS[kind](server, client)
        wait_until(lambda: not _is_taking(client), timeout=20, what=f"Redis to refuse: {kind}")


def relent(server: Redis) -> None:
    """Returns when writes are taken, whatever they were refused for."""
    with redis.Redis.from_url(server.url) as client:
        client.slaveof()
        for name, value in _CALM.items():
            client.config_set(name, value)
        wait_until(lambda: _is_taking(client), timeout=20, what="Redis to take writes")
        if not _has_saved(client):
            client.bgsave()
            wait_until(lambda: _has_saved(client), timeout=20, what="Redis to save")


def _is_taking(client: redis.Redis) -> bool:
    try:
        return bool(client.set("probe", "1"))
    except ResponseError:
        return False


def _has_saved(client: redis.Redis) -> bool:
    return bool(client.info("persistence")["rdb_last_bgsave_status"] == "ok")


def _break_saving(server: Redis, client: redis.Redis) -> None:
    """A save that is killed has failed."""
    client.set("probe", "1")
    client.config_set("rdb-key-save-delay", str(10**7))
    # Points in time at which it would save, far off: without any, a failed save refuses nothing.
    client.config_set("save", "3600 1000000")
    client.bgsave()
    os.kill(wait_until(lambda: processes.find_children(server.pid), timeout=20, what="the save")[0], signal.SIGKILL)


REFUSALS: Mapping[str, Callable[[Redis, redis.Redis], object]] = {
    "OOM": lambda _, client: client.config_set("maxmemory", "1"),
    "READONLY": lambda _, client: client.slaveof("127.0.0.1", 1),
    "MISCONF": _break_saving,
    "NOREPLICAS": lambda _, client: client.config_set("min-replicas-to-write", "1"),
}
