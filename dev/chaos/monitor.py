"""Watches the bridge's own tables while they are being hurt: when each receipt became `issued`."""

import contextlib
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from dev.demo.postgres_server import Postgres
from dev.harness.tables import Tables

EVERY_SECONDS = 0.2


class Monitor:
    def __init__(self, postgres: Postgres) -> None:
        self.tables = Tables(postgres)
        self.issued_at: dict[str, float] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def list_unsettled(self) -> list[str]:
        """Whatever is still open, given up, refused or asked of a manager; one line each."""
        flags = self.tables.find_flags()
        differences = [f"{number}: a difference" for number, flag in flags.items() if "difference" in flag]
        return self.tables.list_open() + self.tables.list_failed() + differences

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            # The database is one of the things that are broken on purpose.
            with contextlib.suppress(SQLAlchemyError):
                for number in self.tables.find_issued():
                    self.issued_at.setdefault(number, time.monotonic())
