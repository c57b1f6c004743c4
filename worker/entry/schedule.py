"""Builds the table of beat. Every entry is idempotent: two beats are harmless, and a tick that is late is dropped."""

from typing import Any

from celery.schedules import crontab

from shared.config import Settings
from shared.queue import CATCH_UP, CHECK_LICENCES, DISPATCH, EMPTY_OLD_ROWS, SWEEP, WATCH, WATCH_SHIFTS

# A look is made when its time has come; the tick only has to notice.
LONGEST_TICK_SECONDS = 60.0
SWEEP_TICK_SECONDS = 60.0
# A shift may be closed half a minute late.
SHIFT_TICK_SECONDS = 30.0


def build_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Returns Celery's `beat_schedule`: what the clock starts, how often, and when a late message is dropped."""
    every = settings.dispatch_interval_seconds
    look = min(settings.reconcile_interval_seconds, LONGEST_TICK_SECONDS)
    return {
        "dispatch": _tick(DISPATCH, every),
        "sweep": _tick(SWEEP, SWEEP_TICK_SECONDS),
        "catch_up": _tick(CATCH_UP, look),
        "watch": _tick(WATCH, settings.alert_interval_seconds),
        # Hourly, since a busy cashbox is asked at the next look; each is asked once a day.
        "licences": _at(CHECK_LICENCES, crontab(minute=20), 3000),
        # A turn is bounded, so that nothing else of the night waits for it; three hours hold 36 of them.
        "retention": _at(EMPTY_OLD_ROWS, crontab(minute="*/5", hour="2-4"), 280),
        "watch_shifts": _tick(WATCH_SHIFTS, SHIFT_TICK_SECONDS),
    }


def _at(task: str, when: crontab, expires: float) -> dict[str, Any]:
    return {"task": task, "schedule": when, "options": {"expires": expires}}


def _tick(task: str, seconds: float) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds * 2, 10.0)}}
