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
        self._lock = threading.Lock()
        self._by_cashbox: dict[str, object] = {}
        self.overlaps = 0

    @contextmanager
    def hold(self, cashbox: str | None) -> Iterator[bool]:
        """False when another request holds the cashbox."""
        # Compared by identity, so a late release after a reset frees nobody else's claim.
        claim = object()
        with self._lock:
            is_free = cashbox is None or self._by_cashbox.setdefault(cashbox, claim) is claim
            self.overlaps += not is_free
        try:
            yield is_free
        finally:
            with self._lock:
                if cashbox is not None and self._by_cashbox.get(cashbox) is claim:
                    del self._by_cashbox[cashbox]

    def clear(self) -> None:
        with self._lock:
            self._by_cashbox.clear()
            self.overlaps = 0
