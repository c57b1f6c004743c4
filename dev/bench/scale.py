"""A chain: how one worker serves many slow registers, and what a receipt costs all processes together."""

import time
from collections.abc import Sequence

import requests

from dev.bench.footprint import read_cpu
from dev.bench.material.backlog import FIRST_RECORD, ISSUED, company_of, count
from dev.bench.material.bodies import encode, make_body
from dev.bench.receipts import PATIENCE_SECONDS, Setup, at_work, await_receipt
from dev.bench.world import AT_ONCE, BenchWorld, open_world
from dev.demo import processes
from dev.demo.waiting import wait_until
from dev.harness.command import tell
from dev.harness.report import show_table

LATENCY_MS = 500.0
WARM_UP_SECONDS = 12.0
# A slower pair of cores is full below it: the backlog is as long as it would be at this rate.
FASTEST = 250.0
COST_CASHBOXES = 50


def run_registers(registers: Sequence[int], seconds: float) -> None:
    """One worker with as many slots as it gives itself, at registers that take half a second for a call."""
    rows = []
    with open_world(AT_ONCE) as world:
        for number in registers:
            rows.append(_measure_registers(world, Setup(number, LATENCY_MS, slots=None), seconds))
            tell(f"scale: {rows[-1]}")
    heads = ["registers", "receipts/s", "of 2 each", "worker, PSS MB", "worker, ms a receipt", "PostgreSQL, ms a receipt"]
    print(f"One worker, default slots, {LATENCY_MS:g} ms a call\n")
    print(show_table(heads, rows), end="\n\n", flush=True)


def _measure_registers(world: BenchWorld, setup: Setup, seconds: float) -> tuple[object, ...]:
    visits = int(min(setup.allowed, FASTEST) * (seconds + WARM_UP_SECONDS * 2)) + 100
    with at_work(world, setup, visits), world.postgres.connect() as connection:
        wait_until(lambda: count(connection, ISSUED) > 0, timeout=PATIENCE_SECONDS, what="the first receipt")
        time.sleep(WARM_UP_SECONDS)
        pids = _name_pids(world, ["worker-1"])
        begun, before = await_receipt(connection)
        spent = {name: -read_cpu(group) for name, group in pids.items()}
        time.sleep(max(seconds, 25 / setup.allowed))
        ended, after = await_receipt(connection)
        spent = {name: spent[name] + read_cpu(group) for name, group in pids.items()}
        memory = processes.read_pss(world.stack.children["worker-1"].pid)
    issued = after - before
    rate = issued / (ended - begun)
    each = {name: 1000 * of_all / issued for name, of_all in spent.items()}
    return setup.cashboxes, rate, rate / setup.allowed, memory, each["worker-1"], each["PostgreSQL"]


def run_cost(webhooks: int) -> None:
    """Processor time of a paid visit from its webhook to its receipt, Webkassa answering at once."""
    with open_world(AT_ONCE) as world:
        world.start_simulator(COST_CASHBOXES, 0)
        world.add_salons(COST_CASHBOXES)
        world.stack.start("api")
        world.start_worker(slots=None)
        world.stack.add_beat().start()
        _post(world, 0, webhooks // 4)
        pids = _name_pids(world, ["api", "worker", "beat"])
        spent = {name: -read_cpu(group) for name, group in pids.items()}
        begun = time.perf_counter()
        _post(world, webhooks // 4, webhooks)
        seconds = time.perf_counter() - begun
        spent = {name: spent[name] + read_cpu(group) for name, group in pids.items()}
    issued = webhooks - webhooks // 4
    rows: list[tuple[object, ...]] = [(name, 1000 * of_all / issued) for name, of_all in spent.items()]
    rows.append(("together", 1000 * sum(spent.values()) / issued))
    print(f"{issued} receipts, {issued / seconds:.0f} a second, {COST_CASHBOXES} registers, one worker\n")
    print(show_table(["", "ms of processor a receipt"], rows), end="\n\n", flush=True)


def _post(world: BenchWorld, first: int, end: int) -> None:
    """Returns when all are issued."""
    with world.postgres.connect() as connection, requests.Session() as http:
        for number in range(first, end):
            body = encode(make_body(FIRST_RECORD + number, company_of(number % COST_CASHBOXES)))
            http.post(world.stack.webhook_url, data=body, timeout=10).raise_for_status()
        wait_until(lambda: count(connection, ISSUED) == end, timeout=PATIENCE_SECONDS, what="all receipts")


def _name_pids(world: BenchWorld, ours: Sequence[str]) -> dict[str, list[int]]:
    pids = {name: [world.stack.children[name].pid] for name in ours}
    pids["PostgreSQL"] = [world.postgres.pid, *processes.find_children(world.postgres.pid)]
    pids["Redis"] = [world.redis.pid]
    return pids
