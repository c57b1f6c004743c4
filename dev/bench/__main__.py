"""`python -m dev.bench`: how fast and how small the service is, beside what the same machine does otherwise."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import product, starmap
from pathlib import Path

from dev.bench import churn, footprint, growth, ingress, latency, memory, receipts, scale
from dev.bench.trouble import broker, joiners, outage, sick, silence

Part = Callable[[argparse.Namespace], None]

PARTS: Mapping[str, tuple[str, Part]] = {
    "ingress": ("Webhooks a second", lambda a: ingress.run(a.runs, a.seconds, a.plot)),
    "worker": ("Receipts a second", lambda a: receipts.run(a.runs, a.seconds, a.setups)),
    "slots": ("Receipts a second, by slots", lambda a: receipts.run_slots(a.runs, a.seconds)),
    "hosts": ("Two hosts", lambda a: receipts.run_hosts(a.seconds)),
    "scale": ("One worker, many slow registers", lambda a: scale.run_registers(a.registers, a.seconds)),
    "cost": ("Processor time of a receipt", lambda a: scale.run_cost(a.paid)),
    "latency": ("From the webhook to the receipt", lambda a: latency.run(a.webhooks)),
    "written-back": ("From the receipt to the visit in Altegio", lambda a: latency.run_written_back(a.visits)),
    "growth": ("Growth", lambda a: growth.run(a.runs, a.seconds, a.sizes)),
    "churn": ("Under churn", lambda a: churn.run(a.rows, a.churn, a.seconds)),
    "footprint": ("Memory, start and rest", lambda a: footprint.run(a.idle)),
    "memory": ("A worker's memory", lambda a: memory.run(a.burst, a.minutes)),
    "outage": ("After an outage", lambda a: outage.run(a.receipts)),
    "joiners": ("Visits told twice in a moment", lambda a: joiners.run(a.joiners)),
    "broker": ("Redis full, Redis away", lambda a: broker.run(a.full, a.away)),
    "silence": ("A silent database", lambda _: silence.run()),
    "sick": ("Beside a sick register", lambda a: sick.run(a.sick)),
}


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="repeatable; all without it")
    parser.add_argument("--runs", type=int, default=5, help="each figure is the median of so many (5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run (5)")
    parser.add_argument("--quick", action="store_true", help="one short run of everything, on small tables")
    parser.add_argument("--rows", type=int, default=3_000_000, help="deliveries of the largest table (3000000)")
    parser.add_argument("--receipts", type=int, default=20_000, help="that wait for the end of the outage (20000)")
    parser.add_argument("--burst", type=int, default=5000, help="deliveries at once, after which a worker is weighed (5000)")
    parser.add_argument("--minutes", type=float, default=60.0, help="of mixed work, in which it is weighed (60)")
    parser.add_argument("--churn", type=float, default=60.0, help="minutes of work under an old snapshot (60)")
    parser.add_argument("--sick", type=float, default=60.0, help="seconds that one of ten registers is sick (60)")
    parser.add_argument("--joiners", type=int, default=2000, help="visits that are told twice within 0.8 s (2000)")
    parser.add_argument("--full", type=int, default=2000, help="webhooks that find Redis full and workers away (2000)")
    parser.add_argument("--away", type=float, default=30.0, help="seconds of the rate with and without Redis (30)")
    parser.add_argument("--cashboxes", type=int, nargs="+", default=[1, 50], help="that the worker is measured at (1 50)")
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 50, 500], help="of them, in ms (0 50 500)")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4], help="of 8 slots, which serve them (1 2 4)")
    parser.add_argument("--registers", type=int, nargs="+", default=[1, 10, 50, 200], help="at one worker (1 10 50 200)")
    parser.add_argument("--paid", type=int, default=2000, help="visits whose processor time is measured (2000)")
    parser.add_argument("--plot", type=Path, help="also draw the ingress as SVG into this file")
    arguments = parser.parse_args()
    arguments.setups = list(starmap(receipts.Setup, product(arguments.cashboxes, arguments.latency, arguments.processes)))
    # Not zero: a page of a list and a receipt to tell of have to be there at every size.
    arguments.sizes = (300, 100_000, arguments.rows)
    arguments.webhooks, arguments.idle, arguments.visits = 200, 60.0, 60
    if arguments.quick:
        arguments.runs, arguments.seconds = 1, 2.0
        arguments.sizes, arguments.receipts = (300, 10_000, 30_000), 1000
        arguments.webhooks, arguments.idle, arguments.sick = 30, 10.0, 20.0
        arguments.visits = 10
        arguments.burst, arguments.minutes = 500, 1.0
        arguments.joiners, arguments.full, arguments.away = 100, 200, 5.0
        arguments.rows, arguments.churn = 30_000, 1.0
    return arguments


def main() -> int:
    arguments = read_arguments()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    print(f"{moment} UTC, {os.cpu_count()} cores, load before it {load}, Python {platform.python_version()}\n")
    for name in arguments.only or PARTS:
        title, part = PARTS[name]
        print(f"## {title}\n", flush=True)
        part(arguments)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
