"""Session tokens: given out by Authorize, worth nothing after their time or after a revocation."""

import secrets
from datetime import datetime, timedelta

from dev.simulator.webkassa.errors import Refusal


class Sessions:
    """A new Authorize leaves older tokens alone: nobody documents that it revokes them."""

    def __init__(self) -> None:
        self._issued_at: dict[str, datetime] = {}
        self._expired: set[str] = set()

    def open(self, now: datetime) -> str:
        token = secrets.token_hex(16)
        self._issued_at[token] = now
        return token

    def require(self, token: str, now: datetime, ttl_seconds: float) -> None:
        issued_at = self._issued_at.get(token)
        if issued_at is None:
            raise Refusal(3)
        if token in self._expired or now - issued_at > timedelta(seconds=ttl_seconds):
            raise Refusal(2)

    def revoke_all(self) -> None:
        self._issued_at.clear()
        self._expired.clear()

    def expire_all(self) -> None:
        self._expired.update(self._issued_at)
