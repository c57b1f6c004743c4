"""One folder a test run, so that runs side by side and a demo that is up never meet."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres

# Of Linux: files that are memory. A database is copied there at a quarter of the price.
MEMORY = Path("/dev/shm")
# Several processes, each with a PostgreSQL. The 64 MB of a container are far too few.
ENOUGH_BYTES = 3 * 2**30


@contextmanager
def claim_workplace() -> Iterator[Path]:
    base = find_base()
    # One after another, since a folder that was made and not yet locked looks abandoned.
    with (base / "lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for leftover in base.glob("run-*"):
            _remove_if_abandoned(leftover)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        # mkdtemp's 700 would shut out the account PostgreSQL runs as; what is secret in here has a mode of its own.
        folder.chmod(0o755)
        lock = _try_lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            lock.close()


def find_base(memory: Path = MEMORY) -> Path:
    """The folder of all runs of this checkout: in memory where there is enough of it, else in the checkout."""
    if memory.is_dir() and shutil.disk_usage(memory).free >= ENOUGH_BYTES:
        # The name is known to `make clean`.
        base = memory / f"altegio-webkassa-tests{ROOT.as_posix().replace('/', '-')}"
        base.mkdir(mode=0o755, exist_ok=True)
        if base.stat().st_uid == os.getuid() and not base.is_symlink():
            return base
    base = ROOT / ".test"
    base.mkdir(exist_ok=True)
    return base


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
