"""What the processes weigh: memory after work, processor time while nothing happens, seconds to start."""

import contextlib
import time
from collections.abc import Callable, Sequence

import psutil
import requests

from dev.bench.load import time_ms
from dev.bench.material.backlog import FIRST_RECORD, ISSUED, company_of, count
from dev.bench.material.bodies import encode, make_body
from dev.bench.world import AT_ONCE, BenchWorld, open_world
from dev.demo import processes
from dev.demo.children import worker_command
from dev.demo.waiting import wait_until
from dev.harness.report import show_table

WEBHOOKS = 300
# The processes whose memory the operator pays for besides PostgreSQL and Redis.
OURS = ("api", "worker", "beat", "flower")


def run(idle_seconds: float) -> None:
    with open_world(AT_ONCE) as world:
        started = _start_all(world)
        _work(world)
        time.sleep(10)  # what the work set going comes to rest
        pids = {name: [world.stack.children[name].pid] for name in OURS}
        pids["PostgreSQL"] = [world.postgres.pid, *processes.find_children(world.postgres.pid)]
        pids["Redis"] = [world.redis.pid]
        before = {name: read_cpu(group) for name, group in pids.items()}
        time.sleep(idle_seconds)
        idle = {name: (read_cpu(group) - before[name]) / idle_seconds * 100 for name, group in pids.items()}
        memory = {name: sum(map(processes.read_pss, group)) for name, group in pids.items()}
        inside = _weigh_with_beat_inside(world)
    rows: list[tuple[object, ...]] = [(name, started.get(name, "-"), memory[name], idle[name]) for name in pids]
    for together, names in {"the four together": OURS, "everything": tuple(pids)}.items():
        rows.append((together, "-", sum(memory[name] for name in names), sum(idle[name] for name in names)))
    saved = memory["worker"] + memory["beat"] - inside
    rows.append(("worker -B instead of both", "-", inside, "-"))
    rows.append(("everything with it", "-", sum(memory.values()) - saved, "-"))
    print(show_table(["", "start s", "PSS MB", "idle, % of a core"], rows), end="\n\n")


def _start_all(world: BenchWorld) -> dict[str, float]:
    """Seconds until each was ready."""
    world.start_simulator(4, 5)
    world.add_salons(4)
    begin: dict[str, Callable[[], object]] = {
        "api": lambda: world.stack.start("api"),
        "worker": world.start_worker,
        "beat": lambda: world.stack.add_beat().start(),
        "flower": world.start_flower,
    }
    return {name: time_ms(start) / 1000 for name, start in begin.items()}


def _weigh_with_beat_inside(world: BenchWorld) -> float:
    """A worker that ran beat as well, after as much work; megabytes."""
    for name in ("worker", "beat"):
        world.stack.kill(name)
    command = (*worker_command("both"), "-B", "--schedule", str(world.folder / "schedule-inside"))
    both = world.stack.add("both", command, lambda said: " ready." in said)
    both.start()
    _work(world, before=WEBHOOKS)
    time.sleep(10)
    return processes.read_pss(both.pid)


def _work(world: BenchWorld, before: int = 0) -> None:
    """Some hundred visits, all the way, so that what is loaded on first use is loaded; `before`: that many are there."""
    with world.postgres.connect() as connection, requests.Session() as http:
        for number in range(before, before + WEBHOOKS):
            body = encode(make_body(FIRST_RECORD + number, company_of(number % 4)))
            http.post(world.stack.webhook_url, data=body, timeout=10).raise_for_status()
        wait_until(lambda: count(connection, ISSUED) == before + WEBHOOKS, timeout=120, what="all receipts")


def read_cpu(pids: Sequence[int]) -> float:
    """Returns seconds of processor time since they began; those that ended count no more."""
    seconds = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            spent = psutil.Process(pid).cpu_times()
            seconds += spent.user + spent.system
    return seconds
