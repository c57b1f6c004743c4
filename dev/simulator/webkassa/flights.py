"""At most one request at a time for a cashbox; a second one is refused and counted."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Flights:
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
