"""The product in this process: its settings, its ingress, and what a worker has."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from api.webhook.ingress import Reply, accept
from api.webhook.store.batch_writer import PATIENCE_SECONDS, GroupWriter
from api.webhook.store.connection import Link
from shared.config import Settings
from shared.storage.db import build_url
from worker.services import Services

Result = TypeVar("Result")
OnStored = Callable[[list[tuple[int, str]]], None]
CALL_SECONDS = 60.0


def read_settings(environment: Mapping[str, str], **changes: Any) -> Settings:
    """The settings a process with that environment would have."""
    values = {name.lower(): value for name, value in environment.items()}
    known = {name: value for name, value in values.items() if name in Settings.model_fields}
    return Settings(_env_file=None, **{**known, **changes})


def close_services(services: Services) -> None:
    close_all_but_database(services)
    services.sessions.kw["bind"].dispose()


def close_all_but_database(services: Services) -> None:
    services.clients.close()
    services.producer.close()
    services.redis.close()


class Inlet:
    """The ingress for those who are not asynchronous: a loop in a thread of its own, with a writer on it.

    `on_stored` is called in the loop's thread. Open until `close`.
    """

    def __init__(self, settings: Settings, on_stored: OnStored = lambda _: None, patience: float = PATIENCE_SECONDS) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="inlet", daemon=True)
        self._thread.start()
        self.writer = self.run(_open(Link(build_url(settings)), on_stored, patience))

    def accept(self, raw: bytes, request_id: str) -> Reply:
        """Committed when it returns. Raises what the ingress raises."""
        return self.run(accept(raw, request_id, self.writer))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    def close(self) -> None:
        self.run(self.writer.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _open(link: Link, on_stored: OnStored, patience: float) -> GroupWriter:
    writer = GroupWriter(link, on_stored, patience)
    writer.start()
    return writer
