"""At most one request at a time for a cashbox; a second one is refused and counted."""

import threading


class Flight:
    """One request's claim on a cashbox; compared by identity, so a late release frees nobody else's claim."""


class Flights:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_cashbox: dict[str, Flight] = {}
        self.overlaps = 0

    def enter(self, cashbox: str) -> Flight | None:
        """None when another request holds the cashbox."""
        with self._lock:
            if cashbox in self._by_cashbox:
                self.overlaps += 1
                return None
            flight = self._by_cashbox[cashbox] = Flight()
            return flight

    def leave(self, cashbox: str, flight: Flight) -> None:
        with self._lock:
            if self._by_cashbox.get(cashbox) is flight:
                del self._by_cashbox[cashbox]

    def clear(self) -> None:
        with self._lock:
            self._by_cashbox.clear()
            self.overlaps = 0
