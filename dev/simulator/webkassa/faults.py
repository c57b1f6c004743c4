"""Faults that tests order in advance: what, on which call, before or after the receipt is recorded."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dev.simulator.webkassa.fields import read_bool, read_decimal, read_int

BEFORE, AFTER = "before", "after"
KINDS = frozenset(
    {
        "drop",
        "reset",
        "timeout",
        "slow",
        "truncated",
        "html_502",
        "html_503",
        "text_200",
        "code",
        "http_505",
        "429",
    }
)


class FaultError(ValueError):
    """The order for a fault makes no sense."""


@dataclass(slots=True)
class Fault:
    operation: str
    kind: str
    when: str = BEFORE
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    cashbox: str | None = None
    seconds: float = 0.0
    # Keep working, and keep the cashbox busy, although the client has left.
    linger: bool = False
    code: int = -1
    text: str | None = None
    retry_after: int | None = None
    alternatives: str | None = None
    hits: int = 0
    # From here on no field of an order, and skipped by READERS.
    id: int = 0
    is_lifted: bool = False
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def matches(self, operation: str, when: str, cashbox: str | None) -> bool:
        return (
            self.when == when
            and self.operation in {"any", operation}
            and self.cashbox in {None, cashbox}
            and (self.times is None or self.hits < self.times)
            and (self.probability >= 1 or self.dice.random() < self.probability)
        )

    def describe(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*READERS, "hits", "id")}


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._last_id = 0

    def add(self, order: Mapping[str, Any], operations: frozenset[str]) -> int:
        fault = read_fault(order, operations)
        with self._lock:
            self._last_id += 1
            fault.id = self._last_id
            self._faults.append(fault)
            return fault.id

    def take(self, operation: str, when: str, cashbox: str | None) -> Fault | None:
        """The oldest fault that applies, counted as hit."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.matches(operation, when, cashbox):
                    fault.hits += 1
                    return fault
        return None

    def list_faults(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.describe() for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def lift(self) -> None:
        """None is left, and a call that one holds goes on at once."""
        with self._lock:
            for fault in self._faults:
                fault.is_lifted = True
            self._faults.clear()


def read_fault(order: Mapping[str, Any], operations: frozenset[str]) -> Fault:
    unknown = sorted(set(order) - set(READERS))
    if unknown:
        raise FaultError(f"unknown fields: {', '.join(unknown)}")
    values = {name: READERS[name](name, value) for name, value in order.items() if value is not None}
    if "times" in order and order["times"] is None:
        values["times"] = None
    if values.get("operation") not in operations | {"any"}:
        raise FaultError(f"operation must be any or one of {', '.join(sorted(operations))}")
    if values.get("kind") not in KINDS:
        raise FaultError(f"kind must be one of {', '.join(sorted(KINDS))}")
    if values.get("when", BEFORE) not in {BEFORE, AFTER}:
        raise FaultError("when must be before or after")
    fault = Fault(**values)
    fault.dice.seed(fault.seed)
    return fault


def _text(_name: str, value: object) -> str:
    return str(value)


def _whole(name: str, value: object) -> int:
    number = read_int(value)
    if number is None:
        raise FaultError(f"{name} must be a whole number")
    return number


def _number(name: str, value: object) -> float:
    number = read_decimal(value)
    if number is None or number < 0:
        raise FaultError(f"{name} must be a number, zero or more")
    return float(number)


def _flag(name: str, value: object) -> bool:
    flag = read_bool(value)
    if flag is None:
        raise FaultError(f"{name} must be true or false")
    return flag


READERS: dict[str, Callable[[str, Any], Any]] = {
    "operation": _text,
    "kind": _text,
    "when": _text,
    "times": _whole,
    "probability": _number,
    "seed": _whole,
    "cashbox": _text,
    "seconds": _number,
    "linger": _flag,
    "code": _whole,
    "text": _text,
    "retry_after": _whole,
    "alternatives": _text,
}
