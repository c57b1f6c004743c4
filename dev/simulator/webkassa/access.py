"""Who may call: session tokens, and one request at a time for a cashbox."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from dev.simulator.webkassa.errors import Refusal


class Sessions:
    """A new Authorize leaves older tokens alone: nobody documents that it revokes them."""

    def __init__(self) -> None:
        self._issued_at: dict[str, datetime] = {}

    def open(self, now: datetime) -> str:
        token = secrets.token_hex(16)
        self._issued_at[token] = now
        return token

    def require(self, token: str, now: datetime, ttl_seconds: float) -> None:
        issued_at = self._issued_at.get(token)
        if issued_at is None:
            raise Refusal(3)
        if now - issued_at > timedelta(seconds=ttl_seconds):
            raise Refusal(2)

    def revoke_all(self) -> None:
        self._issued_at.clear()

    def expire_all(self) -> None:
        self._issued_at = dict.fromkeys(self._issued_at, datetime.min.replace(tzinfo=UTC))


class Flights:
    """At most one request at a time for a cashbox; a second one is refused and counted."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self.clear()

    @contextmanager
    def hold(self, cashbox: str | None) -> Iterator[bool]:
        """False when another request holds the cashbox."""
        with self._counting:
            held = threading.Lock() if cashbox is None else self._held.setdefault(cashbox, threading.Lock())
            is_free = held.acquire(blocking=False)
            self.overlaps += not is_free
        try:
            yield is_free
        finally:
            if is_free:
                held.release()

    def count(self) -> int:
        """Cashboxes that are at work on a request."""
        with self._counting:
            return sum(held.locked() for held in self._held.values())

    def clear(self) -> None:
        """With new locks, so that a late release frees nobody else's claim."""
        with self._counting:
            self._held: dict[str, threading.Lock] = {}
            self.overlaps = 0
