"""Everything one running simulator consists of, without its sockets."""

import threading
from typing import Any

from dev.simulator.webkassa.clock import Clock
from dev.simulator.webkassa.faults import Faults
from dev.simulator.webkassa.flights import Flights
from dev.simulator.webkassa.journal import Journal
from dev.simulator.webkassa.ledger import Cashbox
from dev.simulator.webkassa.register import Register
from dev.simulator.webkassa.settings import Settings
from dev.simulator.webkassa.statefile import StateFile


class Simulator:
    def __init__(self, settings: Settings) -> None:
        self._initial = settings.copy()
        self.settings = settings.copy()
        self.clock = Clock()
        self.faults = Faults()
        self.journal = Journal()
        self.flights = Flights()
        self.state_file = StateFile(settings.state_file)
        self.register = Register(self.settings, self.clock, self.state_file)
        self.closing = threading.Event()
        # Goes up with every reset: a request asleep in a fault ends then, instead of outliving its test.
        self.generation = 0

    def reset(self) -> None:
        """Back to the moment of the start, with an empty ledger."""
        with self.register.lock:
            self.generation += 1
            self.settings.restore(self._initial)
            self.clock.reset()
            self.faults.clear()
            self.journal.clear()
            self.flights.clear()
            self.register.reset()

    def close(self) -> None:
        self.closing.set()
        with self.register.lock:
            self.state_file.close()

    def describe(self) -> dict[str, Any]:
        with self.register.lock:
            return {
                "overlaps": self.flights.overlaps,
                "receipts": len(self.register.receipts),
                "by_operation": self.journal.count_by_operation(),
                "now": self.clock.now().isoformat(),
                "cashboxes": [_describe_cashbox(item) for item in self.register.cashboxes.values()],
                "settings": self.settings.describe(),
            }


def _describe_cashbox(cashbox: Cashbox) -> dict[str, Any]:
    shift = cashbox.find_open_shift()
    return {
        "number": cashbox.number,
        "registration_number": cashbox.registration_number,
        "shift": len(cashbox.shifts),
        "open": shift is not None,
        "opened_at": shift.opened_at.isoformat() if shift else None,
        "receipts": cashbox.receipt_count,
        "drawer": str(cashbox.drawer),
    }
