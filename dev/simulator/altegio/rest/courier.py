"""Webhooks of what was changed over REST: they come some seconds later, by the same way as all others."""

import threading
from collections.abc import Sequence

from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.sender import Sender


class Courier:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """What is still under way comes to nothing."""
        with self._lock:
            self._round, self._waiting, self._sent, self._refused = object(), 0, 0, 0

    def send(self, urls: Sequence[str], envelope: Envelope, seconds: float) -> None:
        with self._lock:
            self._waiting += len(urls)
            for url in urls:
                timer = threading.Timer(seconds, self._deliver, (self._round, url, envelope))
                timer.daemon = True
                timer.start()

    def describe(self) -> dict[str, int]:
        with self._lock:
            return {"waiting": self._waiting, "sent": self._sent, "refused": self._refused}

    def _deliver(self, its_round: object, url: str, envelope: Envelope) -> None:
        if its_round is not self._round:
            return
        sender = Sender(url)
        accepted = sender.send(envelope).accepted
        sender.close()
        with self._lock:
            if its_round is self._round:
                self._waiting -= 1
                self._sent += accepted
                self._refused += not accepted
