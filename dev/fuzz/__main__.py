"""`python -m dev.fuzz`: exit code 0 when every answer was right and nothing valid was lost; the seed repeats the cases."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from dev.fuzz.run import Fuzz, Report
from dev.fuzz.world import World

PROGRESS_SECONDS = 5.0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="mutated bodies (100000)")
    parser.add_argument("--seed", type=int, help="random without it, and printed")
    return parser.parse_args()


class Progress:
    def __init__(self, world: World, cases: int) -> None:
        self._world = world
        self._cases = cases
        self._next_at = 0.0

    def show(self, report: Report) -> None:
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + PROGRESS_SECONDS
        self._world.drop_messages()
        done = f"{report.cases:>7} of {self._cases} cases, {report.per_second:.0f} a second, {report.requests} requests"
        print(f"{done}, slowest {report.slowest:.2f} s, failures {len(report.failures)}", file=sys.stderr, flush=True)


def run(world: World, *, cases: int, seed: int) -> bool:
    world.start()
    report = Fuzz(world.target, seed=seed, cases=cases, on_look=Progress(world, cases).show).run()
    print(
        f"{report.cases} cases in {report.requests} requests, {report.seconds:.1f} s, {report.per_second:.0f} a second, "
        f"slowest answer {report.slowest:.2f} s"
    )
    print("answers: " + ", ".join(f"{status}: {count}" for status, count in sorted(report.statuses.items())))
    print(f"valid neighbours: {report.valid}, API alive: {world.is_alive}, failures: {len(report.failures)}")
    for failure in report.failures:
        print(f"- {failure.problem}\n  {failure.raw[:500]!r}")
    errors = count_errors(world.log)
    if errors:
        print(f"errors in the log of the API: {errors}, see {world.log}")
    return world.is_alive and not report.failures and not errors and report.cases >= cases


def count_errors(log: Path) -> int:
    """Nothing a stranger sends is worth a stack trace."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum('"level": "error"' in line or line.startswith("Traceback") for line in lines)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = read_arguments()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1_000_000)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    folder = Path(tempfile.mkdtemp(prefix="altegio-webkassa-fuzz-"))
    # PostgreSQL runs as another account where this one is root.
    folder.chmod(0o755)
    world = World(folder)
    is_clean = False
    try:
        is_clean = run(world, cases=arguments.cases, seed=seed)
    finally:
        world.close()
        if is_clean:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"what the API said: {world.log}", file=sys.stderr)
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
