"""The beat table. Every entry is idempotent: two beats are harmless, and a tick that is late is dropped."""

from typing import Any

from shared.config import Settings
from shared.queue import DISPATCH


def build_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    every = settings.dispatch_interval_seconds
    return {"dispatch": {"task": DISPATCH, "schedule": every, "options": {"expires": max(every * 2, 10.0)}}}
