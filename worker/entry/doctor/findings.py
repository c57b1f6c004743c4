"""What an examination finds. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`problem`: receipts are not issued, or may stop being. `warning`: nothing stands still, and somebody should look."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` says what to do, in one sentence or command; empty when all is well."""

    name: str
    level: Level
    said: str
    fix: str = ""


def ok(name: str, said: str) -> Finding:
    return Finding(name, Level.OK, said)


def warning(name: str, said: str, fix: str) -> Finding:
    return Finding(name, Level.WARNING, said, fix)


def problem(name: str, said: str, fix: str) -> Finding:
    return Finding(name, Level.PROBLEM, said, fix)
