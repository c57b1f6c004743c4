"""Faults that tests order in advance: which calls they meet, how often, and what becomes of the answer.

A new fault is one entry in the `kinds` of a vendor's `Fault`, and a field there if it needs to be told something.
"""

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from dev.simulator.wire import Ending, Reply

# From the order, the answer as it would have been and the call to what the caller gets.
Spoil = Callable[[Any, Ending, Any], Ending]


class Fault(BaseModel):
    """The fields of an order. After `seconds`, or at once, the answer is spoiled as `kind` says."""

    model_config = ConfigDict(extra="forbid")

    kinds: ClassVar[Mapping[str, Spoil]]
    operations: ClassVar[frozenset[str]]

    operation: str
    kind: str
    # None: until it is cleared.
    times: int | None = Field(1, ge=1)
    probability: float = Field(1.0, ge=0, le=1)
    seed: int = 0
    seconds: float = Field(0.0, ge=0)
    # Keep working, and keep busy what is busy, although the client has left.
    linger: bool = False
    retry_after: int | None = Field(None, ge=0)
    # Seconds between the bytes of an answer that comes slowly, or until it comes again.
    pace: float = Field(0.06, ge=0)
    _dice: random.Random = PrivateAttr(default_factory=random.Random)
    _hits: int = PrivateAttr(0)
    _is_lifted: bool = PrivateAttr(False)

    @field_validator("operation", "kind")
    @classmethod
    def _is_known(cls, value: str, about: ValidationInfo) -> str:
        known = set(cls.kinds) if about.field_name == "kind" else cls.operations | {"any"}
        if value not in known:
            raise ValueError(f"must be one of {', '.join(sorted(known))}")
        return value

    def model_post_init(self, _context: Any) -> None:
        self._dice.seed(self.seed)

    def meets(self, operation: str, **asked: Any) -> bool:
        """Counts the hit. `asked`: fields that have to be equal where the order names them."""
        is_hit = (
            self.operation in {"any", operation}
            and all(getattr(self, name) in {None, value} for name, value in asked.items())
            and (self.times is None or self._hits < self.times)
            and (self.probability >= 1 or self._dice.random() < self.probability)
        )
        self._hits += is_hit
        return is_hit

    def lift(self) -> None:
        """A call that it holds goes on at once."""
        self._is_lifted = True

    def is_lifted(self) -> bool:
        return self._is_lifted

    def spoil(self, ending: Ending, call: Any) -> Ending:
        return self.kinds[self.kind](self, ending, call)

    def describe(self) -> dict[str, Any]:
        return self.model_dump() | {"hits": self._hits}


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: dict[int, Fault] = {}
        self._last_id = 0

    def add(self, fault: Fault) -> int:
        with self._lock:
            self._last_id += 1
            self._ordered[self._last_id] = fault
            return self._last_id

    def take(self, operation: str, **asked: Any) -> Fault | None:
        """The oldest fault that applies."""
        with self._lock:
            return next((fault for fault in self._ordered.values() if fault.meets(operation, **asked)), None)

    def describe(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.describe() | {"id": number} for number, fault in self._ordered.items()]

    def lift(self) -> None:
        """None is left, and none holds a call any more."""
        with self._lock:
            for fault in self._ordered.values():
                fault.lift()
            self._ordered.clear()

    def clear(self) -> None:
        with self._lock:
            self._ordered.clear()


def lose(how: str) -> Spoil:
    """What was answered gets lost on the way, or takes another: see `Ending.wire`."""
    return lambda fault, ending, _: Ending(f"fault:{fault.kind}", ending.reply, how, fault.pace)


def answer(build: Callable[[Any], Reply]) -> Spoil:
    """Something else is answered."""
    return lambda fault, *_: Ending(f"fault:{fault.kind}", build(fault))


# `slow` answers as ever after its seconds; `timeout` ends the connection after them.
ON_THE_WAY: Mapping[str, Spoil] = {
    "slow": lambda _, ending, __: ending,
    "timeout": lose("drop"),
    **{how: lose(how) for how in ("drop", "reset", "truncated", "garbage", "twice", "drip", "drip_body", "continue")},
}
