"""Knows which salons' secrets were rotated out, read anew every few seconds: the door asks no table."""

import asyncio

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shared.logging import get_logger
from shared.salon.webhook_secret import SalonSecret
from shared.storage.db import SessionFactory
from shared.storage.models import WebhookAddress

log = get_logger(__name__)

REFRESH_SECONDS = 5.0
_ROTATED = select(WebhookAddress.company_id, WebhookAddress.oldest).where(WebhookAddress.oldest > 1)


class SalonAddresses:
    """Holds the oldest generation in force of each salon that ever ended one.

    Before the first read, and while the database is away, what was last known holds: nothing is stored then anyway.
    """

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions
        self._oldest: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    def is_in_force(self, salon: SalonSecret) -> bool:
        """Says whether a salon's secret has not been rotated out."""
        return salon.generation >= self._oldest.get(salon.company_id, 1)

    async def start(self) -> None:
        """Reads once and goes on reading."""
        await self._refresh()
        self._task = asyncio.create_task(self._keep_fresh())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self._refresh()

    async def _refresh(self) -> None:
        try:
            self._oldest = await asyncio.to_thread(self._read)
        except SQLAlchemyError as error:
            log.warning("rotated webhook secrets could not be read", error=type(error).__name__)

    def _read(self) -> dict[int, int]:
        with self._sessions() as session:
            return dict(session.execute(_ROTATED).tuples().all())
