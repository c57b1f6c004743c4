"""Everything one running server consists of, without its sockets."""

import threading
from typing import Any

from dev.simulator.altegio.rest.faults import Faults
from dev.simulator.altegio.rest.journal import Journal
from dev.simulator.altegio.rest.limits import Limiter
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.state import State


class Simulator:
    def __init__(self, settings: Settings) -> None:
        self._initial = settings
        self.settings = settings
        self.state = State()
        self.faults = Faults()
        self.journal = Journal()
        self.limiter = Limiter()
        self.closing = threading.Event()
        # Goes up with every reset: a request asleep in a fault ends then, instead of outliving its test.
        self.generation = 0

    def reset(self) -> None:
        """Back to the moment of the start: nobody knows any salon."""
        self.generation += 1
        self.settings = self._initial
        for part in (self.state, self.faults, self.journal, self.limiter):
            part.clear()

    def describe(self) -> dict[str, Any]:
        return {
            "state": self.state.describe(),
            "calls": self.journal.count(),
            "limits": self.limiter.describe(),
            "settings": self.settings.describe(),
        }
