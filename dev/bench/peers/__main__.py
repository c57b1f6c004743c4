"""`make bench-peers`: what five faults leave of a rate, of ours and of job queues that anybody may take."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dev.bench.peers.counting import Outcome, find_faulty
from dev.bench.peers.faults import FAULTS
from dev.bench.peers.ours import NAME, open_ours
from dev.bench.peers.peer import ENVIRONMENT, PEERS, open_peer, read_versions
from dev.bench.peers.run import Pace, run_system
from dev.harness.command import tell, work_folder
from dev.harness.report import show_table

SYSTEMS = (NAME, *PEERS)
# What ours has to keep of its rate, with nothing lost and nothing doubled.
LEAST = 0.98
HEADINGS = [
    "fault, system",
    "after : before",
    "lost",
    "doubled",
    "recovery s",
    "before /s",
    "after /s",
    "drained s",
    "taken",
    "refused",
]


def _some_of(known: Collection[str]) -> Callable[[str], list[str]]:
    def read(given: str) -> list[str]:
        unknown = set(given.split(",")) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))} is none of {', '.join(known)}")
        return [name for name in known if name in given.split(",")]

    return read


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.bench.peers", description=__doc__)
    parser.add_argument("--only", type=_some_of(SYSTEMS), default=SYSTEMS, help=f"of {','.join(SYSTEMS)}")
    parser.add_argument("--faults", type=_some_of(FAULTS), default=[*FAULTS], help=f"of {','.join(FAULTS)}")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the rate before a fault, and of that after it (10)")
    parser.add_argument("--fault", type=float, default=9.0, help="seconds that a fault lasts (9)")
    parser.add_argument("--rate", type=float, default=20.0, help="jobs that come in a second (20)")
    parser.add_argument("--latency", type=float, default=50.0, help="of what a job calls, in ms (50)")
    parser.add_argument("--patience", type=float, default=75.0, help="seconds for what is left to be done (75)")
    return parser.parse_args()


def main() -> int:
    arguments = read_arguments()
    if set(arguments.only) & set(PEERS) and not ENVIRONMENT.exists():
        print("the peers are not installed: make bench-peers does it", file=sys.stderr)
        return 1
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    print(f"{moment} UTC, {os.cpu_count()} cores, load before it {load}, Python {platform.python_version()}", flush=True)
    if set(arguments.only) & set(PEERS):
        print(read_versions(), flush=True)
    outcomes = []
    with work_folder("dev.bench.peers") as folder:
        for name in arguments.only:
            outcomes += _measure(name, folder, arguments)
    print(f"\n{show(outcomes, arguments.faults)}\n")
    faulty = find_faulty(outcomes, NAME, LEAST)
    for outcome in faulty:
        print(f"ours, {outcome.fault}: {outcome.ratio:.3f} kept, {outcome.lost} lost, {outcome.doubled} doubled")
    return 1 if faulty else 0


def _measure(name: str, folder: Path, arguments: argparse.Namespace) -> list[Outcome]:
    tell(f"{name} starts")
    own = folder / name
    own.mkdir(mode=0o755)
    pace = Pace(arguments.rate, arguments.seconds, arguments.fault, arguments.patience)
    with open_ours(own, arguments.latency) if name == NAME else open_peer(name, own, arguments.latency) as system:
        return run_system(system, arguments.faults, pace)


def show(outcomes: Sequence[Outcome], faults: Sequence[str]) -> str:
    """Fault by fault, so that systems stand beside each other."""
    rows = [
        (
            f"{outcome.fault}, {outcome.system}",
            outcome.ratio,
            outcome.lost,
            outcome.doubled,
            "never" if outcome.recovery is None else outcome.recovery,
            outcome.before,
            outcome.after,
            "never" if outcome.drained is None else outcome.drained,
            outcome.accepted,
            outcome.refused,
        )
        for fault in faults
        for outcome in outcomes
        if outcome.fault == fault
    ]
    return show_table(HEADINGS, rows)


if __name__ == "__main__":
    sys.exit(main())
