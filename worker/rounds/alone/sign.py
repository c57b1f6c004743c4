"""Gives a sign of a worker's life: what it takes its work from, as the process itself finds.

Into a row, for the doctor, and into a file, for the health check of its container. Not through Redis, which anybody in it
could make say what he likes.
"""

import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from shared.logging import get_logger
from shared.storage.db import SessionFactory, open_alone
from shared.storage.models import WorkerSign

log = get_logger(__name__)

GIVE_SECONDS = 5.0


class Takes(StrEnum):
    """Says where a worker takes its work from."""

    MESSAGES = "messages"
    TABLES = "tables"
    NOTHING = "nothing"


class Sign:
    """The sign of one worker, called `name`; `file` is touched while it takes anything, "" for none.

    `able_to`: what it has credentials for, so that a page can say what may be chosen.
    """

    def __init__(self, sessions: SessionFactory, name: str, file: str, able_to: Sequence[str] = ()) -> None:
        self._sessions, self._name, self._file = sessions, name, Path(file) if file else None
        self._able_to = list(able_to)
        self._next = 0.0

    def give(self, takes: Takes) -> None:
        """Gives the sign, unless it was given a moment ago. Never raises."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + GIVE_SECONDS
        if takes is not Takes.NOTHING and self._file is not None:
            self._touch(self._file)
        sign = insert(WorkerSign).values(name=self._name, takes=takes.value, able_to=self._able_to, seen_at=func.now())
        told = {name: sign.excluded[name] for name in ("takes", "able_to", "seen_at")}
        self._execute(sign.on_conflict_do_update(index_elements=[WorkerSign.name], set_=told))

    def take_back(self) -> None:
        """A worker that ends is not missed. Never raises."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
        self._execute(delete(WorkerSign).where(WorkerSign.name == self._name))

    def _execute(self, statement: object) -> None:
        try:
            with open_alone(self._sessions) as connection:
                connection.execute(statement)  # type: ignore[call-overload]
        except SQLAlchemyError as error:
            log.warning("no sign of life in the database", error=type(error).__name__)

    @staticmethod
    def _touch(file: Path) -> None:
        try:
            file.touch()
        except OSError as error:
            log.warning("no sign of life in the file", error=str(error))
