"""`make mutation`: changes the core in a copy of this tree, one thing at a time, and runs the unit tests that should notice.

What is changed and which tests run stands in `[tool.mutmut]` of pyproject.toml; which survivors are known, and why they may
survive, in `survivors.toml`. Names narrow the run down, as mutmut writes them: ARGS="worker.receipt*". A folder that is
given is kept, and what was tried there before is not tried again unless it is named: ARGS="--folder /tmp/mutants".
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dev.demo.children import ROOT, base_environment
from dev.harness.command import work_folder
from dev.mutation.mutants import read_mutants
from dev.mutation.report import format_report, read_survivors

PYTHON = ROOT / ".venv-mutation" / "bin" / "python"


def main(arguments: Sequence[str]) -> int:
    """Runs what is asked for and prints the table; returns 1 where a module is below the score that is wanted."""
    parser = argparse.ArgumentParser(prog="dev.mutation", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants to try, all without them")
    parser.add_argument("--folder", type=Path, help="where to work, and to leave the outcome")
    parser.add_argument("--processes", type=int, default=2, help="mutants tried at once (2)")
    options = parser.parse_args(arguments)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        return try_mutants(options.folder, options.names, options.processes)
    with work_folder("dev.mutation") as folder:
        return try_mutants(folder, options.names, options.processes)


def try_mutants(folder: Path, names: Sequence[str], processes: int) -> int:
    began_at = time.monotonic()
    copy_tree(folder)
    command = [str(PYTHON), "-m", "mutmut", "run", "--max-children", str(processes), *names]
    environment = {name: value for name, value in base_environment().items() if name != "PYTHONPATH"}
    subprocess.run(command, cwd=folder, env=environment, check=True)
    text, is_enough = format_report(read_mutants(folder / "mutants"), read_survivors())
    print(f"\n{text}\n{(time.monotonic() - began_at) / 60:.0f} minutes", flush=True)
    return 0 if is_enough else 1


def copy_tree(folder: Path) -> None:
    """Copies what git knows of, or would: the work tree itself is never changed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
