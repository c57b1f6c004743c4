"""`python -m dev.chaos`: exit code 0 when nothing was lost, doubled or wrong; the seed repeats the day and its faults."""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from dev.chaos.report import as_json, format_result
from dev.chaos.run import FAULT_NAMES, Options, Run

SCOPES = {"both": ("cashbox", "shift"), "cashbox": ("cashbox",), "shift": ("shift",)}


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="random without it, and printed")
    parser.add_argument("--due", type=int, default=500, help="receipts that are due (500)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scope", choices=SCOPES, default="both", help="where Webkassa's numbers are unique")
    parser.add_argument("--faults", default="", help="parts of names, comma separated; `list` shows the names")
    parser.add_argument("--minutes", type=float, default=20.0, help="no new fault after this long")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> int:
    options = Options(
        seed=arguments.seed if arguments.seed is not None else random.randrange(1_000_000),
        due=arguments.due,
        workers=arguments.workers,
        scopes=SCOPES[arguments.scope],
        faults=tuple(word.strip() for word in arguments.faults.split(",") if word.strip()),
        minutes=arguments.minutes,
    )
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    folder = Path(tempfile.mkdtemp(prefix="altegio-webkassa-chaos-"))
    # PostgreSQL runs as another account where this one is root.
    folder.chmod(0o755)
    is_clean = False
    try:
        result = Run(options, folder).run()
        is_clean = result.verdict.is_clean
        print(format_result(result))
        if arguments.json:
            arguments.json.write_text(json.dumps(as_json(result), ensure_ascii=False, indent=1) + "\n", "utf-8")
    finally:
        if is_clean:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"what the processes said: {folder}", file=sys.stderr)
    return 0 if is_clean else 1


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = read_arguments()
    if arguments.faults == "list":
        print("\n".join(FAULT_NAMES))
        return 0
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
