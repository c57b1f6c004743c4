"""Work that comes at a steady rate, whatever becomes of it: each number is offered once and never again."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Self
from urllib.parse import urlsplit

# As many may wait for an answer at once, each no longer than that.
_AT_ONCE, _PATIENCE_SECONDS = 64, 5.0


class Offering:
    """`with Offering(make_request) as offering`: at `offering.rate` a second, which may be changed; 0 is a pause.

    `make_request`: number -> address and body of the POST that hands it in. 200 means that it was taken.
    """

    def __init__(self, make_request: Callable[[int], tuple[str, bytes]]) -> None:
        self.rate = 0.0
        self.number = 0
        self._make_request = make_request
        self._accepted: set[int] = set()
        self._answered = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._hands = ThreadPoolExecutor(_AT_ONCE)
        self._pacer = threading.Thread(target=self._pace, name="offering", daemon=True)

    def __enter__(self) -> Self:
        self._pacer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._pacer.join()
        self._hands.shutdown(cancel_futures=True)

    @property
    def is_answered(self) -> bool:
        """Nothing that was offered waits for its answer."""
        return self._answered == self.number

    def list_accepted(self) -> frozenset[int]:
        with self._lock:
            return frozenset(self._accepted)

    def _pace(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, min(due - time.monotonic(), 0.02))):
            now = time.monotonic()
            if not self.rate:
                due = now
            elif now >= due:
                self._hands.submit(self._offer, self.number)
                self.number += 1
                # What a busy machine kept back is made up for, though not of more than a second.
                due = max(due + 1 / self.rate, now - 1)

    def _offer(self, number: int) -> None:
        is_taken = self._is_taken(*self._make_request(number))
        with self._lock:
            self._answered += 1
            if is_taken:
                self._accepted.add(number)

    def _is_taken(self, address: str, body: bytes) -> bool:
        target = urlsplit(address)
        connection = HTTPConnection(target.netloc, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("POST", target.path, body, {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
