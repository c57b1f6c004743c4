"""A clock that tests can move: 24 hours of a shift pass in one call."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat, model_validator

from dev.simulator.webkassa.rules.requisites import to_utc


class Move(BaseModel):
    """`rate`: how many simulated seconds pass in a real one, from now on."""

    model_config = ConfigDict(extra="forbid")

    reset: bool = False
    set: datetime | None = None
    advance_seconds: FiniteFloat = 0
    rate: FiniteFloat | None = None

    @model_validator(mode="before")
    @classmethod
    def _need_one(cls, order: Mapping[str, Any]) -> Mapping[str, Any]:
        if not order:
            raise ValueError(f"one of {', '.join(cls.model_fields)} is needed")
        return order


class Clock:
    """Real time until it is moved."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate = 1.0
        self.move({"reset": True})

    def now(self) -> datetime:
        with self._lock:
            return self._now()

    def move(self, order: Mapping[str, Any]) -> None:
        move = Move.model_validate(order)
        with self._lock:
            moment = datetime.now(UTC) if move.reset else self._now()
            moment = to_utc(move.set) if move.set else moment
            rate = 1.0 if move.reset else self._rate
            self._rate = rate if move.rate is None else move.rate
            self._start, self._started = moment + timedelta(seconds=move.advance_seconds), time.monotonic()

    def _now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._started) * self._rate)
