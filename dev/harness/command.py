"""The command line of a suite: options, seed, a folder for its processes, the report, the exit code.

A suite has an `Options`, whose fields made with `option` are its arguments, and a function that runs it.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic_core import to_jsonable_python

_begun_at = time.monotonic()


class Result(Protocol):
    """A dataclass, whose fields are written as JSON for programs."""

    @property
    def is_clean(self) -> bool: ...

    def format(self) -> str:
        """For people; ends with the verdict."""


def option(value: Any, what: str, **more: Any) -> Any:
    """A field that the command line can set; `more` goes to argparse, which takes the type from the default."""
    return field(default_factory=lambda: value, metadata={"help": what, "type": type(value), **more})


@dataclass(frozen=True, kw_only=True)
class Options:
    seed: int = option(1, "random without it, and printed", default=None)


AnyOptions = TypeVar("AnyOptions", bound=Options)


def run_suite(prog: str, what: str, options: type[AnyOptions], run: Callable[[AnyOptions, Path], Result]) -> None:
    """Reads the command line, runs, prints. Ends with exit code 1 when the result is not clean."""
    chosen, path = _read_options(prog, what, options)
    tell(f"seed {chosen.seed}")
    with work_folder(prog) as folder:
        result = run(chosen, folder)
        print(result.format(), flush=True)
        if path:
            path.write_text(json.dumps(to_jsonable_python(result), ensure_ascii=False, indent=1) + "\n", "utf-8")
        if not result.is_clean:
            sys.exit(1)


@contextmanager
def work_folder(prog: str) -> Iterator[Path]:
    """For the data and logs of processes; gone afterwards unless something went wrong."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix=f"altegio-webkassa-{prog.rpartition('.')[2]}-"))
    # PostgreSQL runs as another account where this one is root.
    folder.chmod(0o755)
    try:
        yield folder
    except BaseException:
        tell(f"what the processes said: {folder}")
        raise
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def telling(describe: Callable[[], str], seconds: float = 45.0) -> Iterator[None]:
    """Tells how far it is again and again, so that nobody takes a long step for a standstill."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(seconds):
            tell(describe())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def tell(progress: str) -> None:
    print(f"{time.monotonic() - _begun_at:4.0f} s  {progress}", file=sys.stderr, flush=True)


def _read_options(prog: str, what: str, options: type[AnyOptions]) -> tuple[AnyOptions, Path | None]:
    """And the file that is to have the result as JSON."""
    parser = argparse.ArgumentParser(prog=f"python -m {prog}", description=what)
    for one in fields(options):
        if one.metadata:
            assert one.default_factory is not MISSING
            parser.add_argument(f"--{one.name}", **{"default": one.default_factory(), **one.metadata})
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    given = vars(parser.parse_args())
    path = given.pop("json")
    if given["seed"] is None:
        given["seed"] = random.randrange(1_000_000)
    return options(**given), path
