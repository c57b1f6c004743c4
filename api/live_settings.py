"""Keeps the settings of the HTTP process those in force, looked at every few seconds beside the requests."""

import asyncio

from fastapi import FastAPI

from shared.salon.live_settings import FRESH_SECONDS, LiveSettings


class SettingsWatch:
    """Puts the settings in force on `app.state.settings`, where everything asks for them."""

    def __init__(self, app: FastAPI, live: LiveSettings) -> None:
        self._app, self._live = app, live
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Looks once and goes on looking."""
        await self._look()
        self._task = asyncio.create_task(self._keep_looking())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(FRESH_SECONDS)
            await self._look()

    async def _look(self) -> None:
        self._app.state.settings = await asyncio.to_thread(self._live.refresh)
