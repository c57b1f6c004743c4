"""Waiting for a condition, and ports that stay free while a server is being restarted."""

import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.05

# Below the range from which kernels take the source ports of outgoing connections, so that
# nobody's client sits on a server's port while that server is down.
_FIRST_PORT, _LAST_PORT = 15_000, 31_999


class WaitTimeout(Exception):
    """A condition did not come true in time."""


def wait_until(
    condition: Callable[[], T | None],
    *,
    timeout: float,
    what: str,
    poll: float = POLL_SECONDS,
    pause: Callable[[float], object] = time.sleep,
) -> T:
    """Returns the first true value of `condition`; it is asked at least once, with a `pause` of `poll` seconds between."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise WaitTimeout(f"waited {timeout:g} s for {what}")
        pause(poll)
    return value


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find_free_port(*preferred: int) -> int:
    """The first preferred port that is free, else any."""
    for port in preferred:
        if is_port_free(port):
            return port
    for _ in range(500):
        # Not `random`, which a test may have seeded: several runs would take each other's ports.
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT + 1)
        if is_port_free(port):
            return port
    raise WaitTimeout("no free port on 127.0.0.1")


def tail_of(path: Path, lines: int = 20) -> str:
    """The end of a log file; empty when there is none."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
