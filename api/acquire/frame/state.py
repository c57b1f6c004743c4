"""Keeps what the frame of every page shows, for a moment and for each set of salons: no page gets slower by it."""

import time
from dataclasses import dataclass
from datetime import timedelta

from api.acquire.access.salons import Salons
from api.acquire.frame.registers import RegisterState, read_registers
from api.acquire.tasks.queries import count_tasks
from api.acquire.words.text import Text
from shared.storage.db import SessionFactory

KEPT_SECONDS = 1.5
MAX_KEPT = 500
# More than that need no number.
MAX_SHOWN = 99
# What a page has read before its frame may be so much older than that.
OLDER_BY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class FrameState:
    """Holds the frame's part of the tables. `place`: from where on the page has to hear of changes."""

    register: RegisterState | None
    salon: Text | str | None
    task_count: int
    place: int

    @property
    def tasks(self) -> str:
        """The number beside the tasks, empty for none."""
        if self.task_count > MAX_SHOWN:
            return f"{MAX_SHOWN}+"
        return str(self.task_count or "")


class FrameStates:
    """Reads at most once in KEPT_SECONDS for those who see the same salons."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions
        self._kept: dict[frozenset[int] | None, tuple[float, FrameState]] = {}

    def get(self, salons: Salons) -> FrameState:
        """Returns the state for somebody of these salons."""
        until, state = self._kept.get(salons.companies, (0.0, None))
        if state is not None and time.monotonic() < until:
            return state
        state = self._read(salons)
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[salons.companies] = (time.monotonic() + KEPT_SECONDS, state)
        return state

    def forget(self) -> None:
        """Has everything read anew."""
        self._kept.clear()

    def _read(self, salons: Salons) -> FrameState:
        with self._sessions() as session:
            registers = read_registers(session, salons)
            place = int((registers.now - OLDER_BY).timestamp() * 1_000_000)
            return FrameState(registers.state, registers.name, count_tasks(session, salons), place)
