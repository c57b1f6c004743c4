"""A simulator without its sockets, and the way of one call through it."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from dev.simulator.faults import Fault, Faults
from dev.simulator.journal import Entry, Journal
from dev.simulator.settings import Settings
from dev.simulator.wire import Ending, Reply, Request, Wire

Query = Mapping[str, str]
Body = dict[str, Any]
Meet = Callable[..., Fault | None]


class Gone(Exception):
    """Nobody is left to answer: what was not done by then is not done any more."""


@dataclass(frozen=True)
class Call:
    """One call of the vendor's API, as far as it was read; a vendor's own adds to it."""

    entry: Entry


S = TypeVar("S", bound=Settings)
C = TypeVar("C", bound=Call)


class Simulator(ABC, Generic[S, C]):
    name: ClassVar[str]
    fault: ClassVar[type[Fault]]

    def __init__(self, settings: S) -> None:
        self._initial = self.settings = settings
        self.faults, self.journal = Faults(), Journal()
        self.closing = threading.Event()
        # Goes up with every reset: a request asleep in a fault ends then, instead of outliving its test.
        self._generation = 0
        # What the control API can do beside what is the same for all.
        self.actions: dict[tuple[str, str], Callable[[Query, Body], Any]] = {}

    @abstractmethod
    def receive(self, request: Request) -> C:
        """Reads which operation it is, and what the journal tells of it."""

    @abstractmethod
    def handle(self, call: C, meet: Meet) -> Ending:
        """Does what the vendor does. `meet(**limits)`, wherever a fault may be ordered for, sits it out and returns it."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """For whoever looks from outside."""

    def run(self, request: Request, wire: Wire) -> Ending:
        """The journal is complete before the first byte of the answer leaves."""
        generation = self._generation
        wire.is_cancelled = lambda: self.closing.is_set() or self._generation != generation
        call = self.receive(request)
        entry = call.entry
        self.journal.add(entry)

        def meet(**limits: Any) -> Fault | None:
            fault = self.faults.take(entry.operation, **limits)
            if fault and fault.seconds and not wire.wait(fault.seconds, fault.is_lifted, linger=fault.linger):
                raise Gone(fault.kind)
            return fault

        try:
            ending = self.handle(call, meet)
        except Gone as gone:
            ending = Ending(f"fault:{gone}", Reply(b""), "drop")
        entry.finish(ending)
        return ending

    def delay(self) -> None:
        if self.settings.latency_ms:
            time.sleep(self.settings.latency_ms / 1000)

    def change_settings(self, changes: Body) -> None:
        self.settings = self.settings.changed(changes)

    def reset(self) -> None:
        """Back to the moment of the start."""
        self._generation += 1
        self.settings = self._initial
        self.faults.clear()
        self.journal.clear()

    def close(self) -> None:
        self.closing.set()
