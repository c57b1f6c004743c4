"""Faults that tests order in advance: what, on which calls, how often."""

import random
import threading
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from dev.simulator.altegio.rest.routes import OPERATIONS
from dev.simulator.altegio.rest.settings import describe_problem


class FaultError(ValueError):
    """The order for a fault makes no sense."""


class Fault(BaseModel):
    """`timeout` waits `seconds` and then ends the connection; `slow` answers after them."""

    model_config = ConfigDict(extra="forbid")

    operation: str = "any"
    kind: Literal["drop", "reset", "timeout", "slow", "truncated", "html_502", "500", "429", "refused_200"]
    location: int | None = None
    # None: until it is cleared.
    times: int | None = Field(1, ge=1)
    probability: float = Field(1.0, ge=0, le=1)
    seed: int = 0
    seconds: float = Field(0.0, ge=0)
    retry_after: int | None = Field(None, ge=0)
    _dice: random.Random = PrivateAttr(default_factory=random.Random)
    _hits: int = PrivateAttr(0)
    _id: int = PrivateAttr(0)

    def model_post_init(self, _context: Any) -> None:
        self._dice.seed(self.seed)

    def hits_call(self, operation: str, location: int | None) -> bool:
        """Counts the hit."""
        is_hit = (
            self.operation in {"any", operation}
            and self.location in {None, location}
            and (self.times is None or self._hits < self.times)
            and self._dice.random() < self.probability
        )
        self._hits += is_hit
        return is_hit

    def number(self, number: int) -> None:
        self._id = number

    def describe(self) -> dict[str, Any]:
        return self.model_dump() | {"hits": self._hits, "id": self._id}


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._last_id = 0

    def add(self, order: Mapping[str, Any]) -> int:
        fault = read_fault(order)
        with self._lock:
            self._last_id += 1
            fault.number(self._last_id)
            self._faults.append(fault)
            return self._last_id

    def take(self, operation: str, location: int | None) -> Fault | None:
        """The oldest fault that applies."""
        with self._lock:
            return next((fault for fault in self._faults if fault.hits_call(operation, location)), None)

    def list_faults(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.describe() for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()


def read_fault(order: Mapping[str, Any]) -> Fault:
    """Raises FaultError."""
    try:
        fault = Fault.model_validate(order)
    except ValidationError as error:
        raise FaultError(describe_problem(error)) from error
    if fault.operation not in OPERATIONS | {"any"}:
        raise FaultError(f"operation must be any or one of {', '.join(sorted(OPERATIONS))}")
    return fault
