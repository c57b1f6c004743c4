"""`python -m dev.demo.beside api.acquire.users list`: a command of the service for the demo that runs here.

Without a demo the command gets the environment as it is, as on a server.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.demo.servers import read_lines, write_private
from dev.demo.state import is_held

FOLDER = Path(__file__).resolve().parents[2] / ".demo"
_NAME = "env"


def note_environment(folder: Path, environment: Mapping[str, str]) -> None:
    """Keeps the environment of the service for commands beside it, readable by its owner only, as a shell reads it."""
    write_private(folder / _NAME, "".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items()))


def read_environment(folder: Path) -> dict[str, str] | None:
    """Returns the environment of the demo that runs in the folder, None where none does."""
    if not is_held(folder):
        return None
    words = [word for line in read_lines(folder / _NAME) for word in shlex.split(line)]
    return dict(word.split("=", 1) for word in words) or None


def main(arguments: list[str], folder: Path = FOLDER) -> None:
    """Becomes the command; says so where it is the demo's. `--folder F` in front of it: where the demo's state lives."""
    if arguments[:1] == ["--folder"]:
        folder, arguments = Path(arguments[1]).resolve(), arguments[2:]
    environment = read_environment(folder)
    if environment is not None:
        print("of the demo that is running", file=sys.stderr)
        # A `.env` of this folder is another service's.
        os.chdir(folder)
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, "-m", *arguments], environment or dict(os.environ))


if __name__ == "__main__":
    main(sys.argv[1:])
