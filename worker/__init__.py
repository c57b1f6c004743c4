"""The Celery processes: decide, call out, save outcomes. `celery -A worker …` finds its application here."""

import shared  # noqa: F401 -- before anything that logs
from worker.celery import app

__all__ = ["app"]
