"""`python -m dev.salon_week`: exit code 0 when every receipt is as the books have it; the seed repeats the week."""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from dev.salon_week.report import as_json, format_result
from dev.salon_week.run import Options, Run


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.salon_week", description=__doc__)
    parser.add_argument("--seed", type=int, help="random without it, and printed")
    parser.add_argument("--companies", type=int, choices=(1, 2, 3), default=3, help="salons (3)")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--visits", type=int, default=12, help="of one salon in one day (12)")
    parser.add_argument("--drop", type=float, default=0.05, help="share of webhooks that are lost, 0..1 (0.05)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--patience", type=float, default=60.0, help="seconds without a change until an act is given up")
    parser.add_argument("--trouble", type=float, default=0.0, help="share of the calls to Altegio that fail, 0..1 (0)")
    parser.add_argument(
        "--altegio", type=json.loads, default={}, help="""settings of its simulator: '{"no_rights": ["transactions"]}'"""
    )
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> int:
    options = Options(
        seed=arguments.seed if arguments.seed is not None else random.randrange(1_000_000),
        companies=arguments.companies,
        days=arguments.days,
        visits=arguments.visits,
        drop=arguments.drop,
        workers=arguments.workers,
        patience=arguments.patience,
        trouble=arguments.trouble,
        altegio=arguments.altegio,
    )
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    folder = Path(tempfile.mkdtemp(prefix="altegio-webkassa-week-"))
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
    return run(read_arguments())


if __name__ == "__main__":
    sys.exit(main())
