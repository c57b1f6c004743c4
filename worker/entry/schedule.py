"""Builds the table of beat from the rounds."""

from typing import Any

from shared.config import Settings
from worker.rounds.timetable import list_rounds


def build_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Returns Celery's `beat_schedule`. A tick never expires, since that would go by beat's own clock: `turns` drops it."""
    return {round_.name: {"task": round_.name, "schedule": round_.seconds} for round_ in list_rounds(settings)}
