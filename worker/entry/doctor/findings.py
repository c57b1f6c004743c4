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


@dataclass(frozen=True, slots=True)
class Finding:
    """Says what was looked at, what was found and, in `fix`, what to do: one sentence or command, empty when all is well."""

    name: str
    level: Level
    said: str
    fix: str = ""


def ok(name: str, said: str) -> Finding:
    """Returns the finding that something is well."""
    return Finding(name, Level.OK, said)


def warning(name: str, said: str, fix: str) -> Finding:
    """Returns a finding that somebody should see to."""
    return Finding(name, Level.WARNING, said, fix)


def problem(name: str, said: str, fix: str) -> Finding:
    """Returns a finding that stops receipts, or may."""
    return Finding(name, Level.PROBLEM, said, fix)
