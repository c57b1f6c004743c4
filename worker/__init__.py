"""Runs the Celery processes: decide, call out, save outcomes. `celery -A worker …` finds its application here."""

from worker.entry.celery import app

__all__ = ["app"]
