"""Posts bodies to Webkassa and tells what became of the request: an answer, certainly nothing sent, or unknown."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from shared.wire.answer import Answer
from shared.wire.calls import NO_HEADERS, NoAnswer, NotSent, Wire
from shared.wire.connection import Limits
from worker.webkassa.errors import LoginRefused, OutcomeUnknown, WebkassaUnavailable

T = TypeVar("T")


class Transport:
    """Posts bodies to Webkassa. Safe to share between threads; time limits are in seconds."""

    def __init__(self, api_token: str, *, connect_timeout: float, read_timeout: float, pool_size: int) -> None:
        """Raises LoginRefused for a key that cannot be one."""
        headers = {"x-api-key": api_token, "Content-Type": "application/json"}
        try:
            self._wire = Wire(headers, Limits(connect_timeout, read_timeout), pool_size=pool_size)
        except ValueError:
            raise LoginRefused("the API key has letters that no key has", code=401) from None

    def close(self) -> None:
        self._wire.close()

    def drop_connections(self) -> None:
        """Closes the connections that wait for their next call; later calls connect anew."""
        self._wire.forget_connections()

    def post(self, url: str, body: bytes, read: Callable[[Answer], T], headers: Mapping[str, str] = NO_HEADERS) -> T:
        """Sends the body and returns what `read` makes of the answer. Raises WebkassaUnavailable if nothing was sent,
        OutcomeUnknown.

        Where `read` raises either the connection is closed: the answer to this request may still come on it.
        """
        try:
            with self._wire.exchange("POST", url, body, headers) as exchange:
                try:
                    return read(exchange.answer)
                except (OutcomeUnknown, WebkassaUnavailable):
                    exchange.disbelieve()
                    raise
        except NotSent as failure:
            raise WebkassaUnavailable(str(failure)) from None
        except NoAnswer as failure:
            raise OutcomeUnknown(str(failure), may_still_run=failure.is_late) from None
