"""Load: wrk where the machine has it, else this project's own generator, which is slower itself."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dev.bench.material.bodies import PLACE, make_template

SCRIPT = Path(__file__).with_name("post.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """One run. Times in milliseconds; `refused` are answers other than 2xx, `broken` connections without an answer."""

    acknowledged: int
    seconds: float
    p50: float
    p95: float
    p99: float
    max: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        return self.acknowledged / self.seconds


def time_ms(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def post(url: str, *, connections: int, seconds: float, first: int, folder: Path) -> Load:
    """Unique bodies, numbered from `first`, over kept connections."""
    if not has_wrk():
        return asyncio.run(_post_all(url, connections, seconds, first, lambda _: None))
    template = folder / "body.json"
    template.write_bytes(make_template())
    # One thread: it drives more than one process of a server can answer, and leaves it the other core.
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "20s", "-s", str(SCRIPT), url]
    said = subprocess.run([*command, "--", str(template), PLACE, str(first)], capture_output=True, text=True, check=True)
    return _read(json.loads(said.stdout.splitlines()[-1]))


def post_and_remember(url: str, *, connections: int, seconds: float, first: int) -> tuple[Load, list[int]]:
    """The same with the numbers of all that was acknowledged."""
    acknowledged: list[int] = []
    load = asyncio.run(_post_all(url, connections, seconds, first, acknowledged.append))
    return load, acknowledged


def _read(told: dict[str, int]) -> Load:
    p50, p95, p99, longest = (told[name] / 1000 for name in ("p50", "p95", "p99", "max"))
    acknowledged = told["requests"] - told["refused"]
    return Load(acknowledged, told["micros"] / 1e6, p50, p95, p99, longest, told["refused"], told["broken"])


async def _post_all(
    url: str, connections: int, seconds: float, first: int, on_acknowledged: Callable[[int], object]
) -> Load:
    numbers = iter(range(first + 1, sys.maxsize))
    times: list[float] = []
    troubles = {"refused": 0, "broken": 0}
    template = make_template()
    ends_at = time.perf_counter() + seconds

    async def work() -> None:
        reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
        while time.perf_counter() < ends_at:
            number = next(numbers)
            begun = time.perf_counter()
            writer.write(_make_request(url, template.replace(PLACE.encode(), str(number).encode())))
            try:
                status = await _read_status(reader)
            except (OSError, EOFError):
                troubles["broken"] += 1
                break
            times.append((time.perf_counter() - begun) * 1000)
            if status == 200:
                on_acknowledged(number)
            else:
                troubles["refused"] += 1
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    took = time.perf_counter() - begun
    times.sort()
    p50, p95, p99 = (times[int(len(times) * share)] for share in (0.5, 0.95, 0.99))
    return Load(len(times) - troubles["refused"], took, p50, p95, p99, times[-1], **troubles)


def _make_request(url: str, body: bytes) -> bytes:
    parts = urlsplit(url)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _read_status(reader: asyncio.StreamReader) -> int:
    """Reads the whole answer. Raises OSError, EOFError."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
