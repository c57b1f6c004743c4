"""Sends an SMS through any gateway that Apprise knows.

Apprise says yes or no, and a no may be a message that went out all the same: it is not sent again by itself.
"""

from collections.abc import Callable

from shared.customer.checks import PHONE
from worker.alerts.sending import notify
from worker.salon.customer.channels.channel import Letter, NotCertain


class SmsChannel:
    """Sends letters by `url`, an address of Apprise's with a place for the number."""

    def __init__(self, url: str) -> None:
        self._url = url

    def hand_over(self, letter: Letter, begin: Callable[[], None]) -> None:
        """Has the gateway take the letter, as `Channel` says."""
        begin()
        if not notify(self._url.replace(PHONE, (letter.phone or "").lstrip("+")), "", letter.text):
            raise NotCertain("the gateway did not say yes")

    def close(self) -> None:
        """Does nothing: no connection is kept."""
