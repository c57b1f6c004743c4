"""Describes what an examination finds. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Says how bad a finding is.

    `problem`: receipts are not issued, or may stop being. `warning`: nothing stands still, and somebody should look.
    """

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


# No salon has this number.
SEVERAL = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Says what was looked at, what was found and, in `fix`, what to do: one sentence or command, empty when all is well.

    `about`: the salon that it is about, SEVERAL where salons share what it is about, None for the service as a whole.
    """

    name: str
    level: Level
    said: str
    fix: str = ""
    about: int | None = None


def ok(name: str, said: str, *, about: int | None = None) -> Finding:
    """Returns the finding that something is well."""
    return Finding(name, Level.OK, said, about=about)


def warning(name: str, said: str, fix: str, *, about: int | None = None) -> Finding:
    """Returns a finding that somebody should see to."""
    return Finding(name, Level.WARNING, said, fix, about)


def problem(name: str, said: str, fix: str, *, about: int | None = None) -> Finding:
    """Returns a finding that stops receipts, or may."""
    return Finding(name, Level.PROBLEM, said, fix, about)
