"""One folder a test run, so that runs side by side and a demo that is up never meet."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres

BASE = ROOT / ".test"


@contextmanager
def claim_workplace() -> Iterator[Path]:
    BASE.mkdir(exist_ok=True)
    # One after another, since a folder that was made and not yet locked looks abandoned.
    with (BASE / "lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for leftover in BASE.glob("run-*"):
            _remove_if_abandoned(leftover)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=BASE))
        # mkdtemp's 700 would shut out the account PostgreSQL runs as; what is secret in here has a mode of its own.
        folder.chmod(0o755)
        lock = _try_lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            lock.close()


def _remove_if_abandoned(folder: Path) -> None:
    """A killed run leaves data behind, and its PostgreSQL perhaps a folder elsewhere."""
    lock = _try_lock(folder)
    if lock is None:
        return
    with lock:
        Postgres(folder / "postgres").destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _try_lock(folder: Path) -> IO[str] | None:
    """None while another run holds it."""
    try:
        lock = (folder / "lock").open("a")
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock
