"""A person at the command line of the running service."""

import sys
from collections.abc import Mapping
from typing import Protocol

from dev.demo.children import ROOT
from tests.support.warm import start as warm


class Service(Protocol):
    @property
    def environment(self) -> Mapping[str, str]: ...


class Operator:
    """Runs `celery -A worker GROUP WORDS…`, with `said` on its standard input; the exit code and what was answered."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def run(self, *words: str, group: str = "receipts", said: str = "") -> tuple[int, str]:
        command = [sys.executable, "-m", "celery", "-A", "worker", group, *words]
        done = warm.run(command, env=self._service.environment, cwd=ROOT, said=said)
        return done.returncode, done.stdout + done.stderr
