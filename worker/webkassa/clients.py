"""Webkassa clients, one for each set of credentials: a chain's cashboxes may have cashiers of their own."""

import threading
import time
from urllib.parse import urlsplit

from redis import Redis

from shared.config import ConfigurationError, Settings
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox
from shared.storage.sealing import CannotUnseal, unseal
from worker.webkassa.client import Credentials, WebkassaClient
from worker.webkassa.errors import LoginRefused

log = get_logger(__name__)

# Changed credentials are in force after this long at the latest.
REMEMBER_SECONDS = 15.0


class CashboxClients:
    """Safe to share between threads."""

    def __init__(self, settings: Settings, sessions: SessionFactory, redis: Redis) -> None:
        self._settings = settings
        self._sessions = sessions
        self._redis = redis
        self._lock = threading.Lock()
        self._clients: dict[Credentials, WebkassaClient] = {}
        self._remembered: dict[int, tuple[float, Credentials]] = {}

    @property
    def host(self) -> str:
        return urlsplit(self._settings.webkassa_api_url).netloc

    def open(self, cashbox_id: int) -> WebkassaClient:
        """Raises LoginRefused when the credentials of the cashbox cannot be read."""
        with self._lock:
            return self._open(self._recall(cashbox_id))

    def open_default(self) -> WebkassaClient:
        """With the environment's own credentials."""
        with self._lock:
            return self._open(read_credentials(self._settings, Cashbox(unique_number=self._settings.webkassa_shop_id)))

    def _open(self, credentials: Credentials) -> WebkassaClient:
        if credentials not in self._clients:
            self._clients[credentials] = WebkassaClient(self._settings, self._redis, credentials)
        return self._clients[credentials]

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            self._remembered.clear()

    def _recall(self, cashbox_id: int) -> Credentials:
        until, credentials = self._remembered.get(cashbox_id, (0.0, None))
        if credentials is None or time.monotonic() > until:
            with self._sessions() as session:
                credentials = read_credentials(self._settings, session.get_one(Cashbox, cashbox_id))
            self._remembered[cashbox_id] = (time.monotonic() + REMEMBER_SECONDS, credentials)
        return credentials


def read_credentials(settings: Settings, cashbox: Cashbox) -> Credentials:
    """The cashbox's own where it has them, else the environment's. Raises LoginRefused."""
    try:
        return Credentials(
            login=cashbox.login or settings.webkassa_login,
            password=_open(settings, cashbox.password_sealed) or settings.webkassa_password.get_secret_value(),
            api_token=_open(settings, cashbox.api_token_sealed) or settings.webkassa_api_token.get_secret_value(),
        )
    except (CannotUnseal, ConfigurationError) as error:
        log.error("credentials cannot be read", cashbox=cashbox.unique_number, error=str(error))
        raise LoginRefused(f"credentials of {cashbox.unique_number}: {error}") from None


def _open(settings: Settings, sealed: str | None) -> str:
    return unseal(settings, sealed) if sealed else ""
