"""`python -m dev.month`: exit code 0 when every shift was closed in time, every Z-report agrees, and every planted
difference, and no other, was found."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from datetime import date
from pathlib import Path

from dev.month.run import Options, quiet_logs, run_month
from dev.month.verdict import format_verdict


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.month", description=__doc__)
    parser.add_argument("--seed", type=int, help="random without it, and printed")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2026, 3, 1), help="first day (2026-03-01)")
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--visits", type=int, default=8, help="a day and cashbox (8)")
    return parser.parse_args()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = read_arguments()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1_000_000)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    options = Options(seed, arguments.first, arguments.days, arguments.visits)
    folder = Path(tempfile.mkdtemp(prefix="altegio-webkassa-month-"))
    # PostgreSQL runs as another account where this one is root.
    folder.chmod(0o755)
    try:
        with quiet_logs():
            verdict, seconds = run_month(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(format_verdict(verdict, options.first, options.days, seconds))
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
