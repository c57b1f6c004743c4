"""The Celery processes: decide, call out, save outcomes. `celery -A worker …` finds its application here."""

import sys
from types import ModuleType

import click

import shared  # noqa: F401 -- before anything that logs
from worker.entry.celery import app

__all__ = ["app"]

# Celery loads every package's commands in every process; Flower's brings a web server: 8 MB in worker and in beat.
if "flower" not in sys.argv and "flower.command" not in sys.modules:
    stand_in = ModuleType("flower.command")
    stand_in.flower = click.Command("flower", help="Web based tool for monitoring.")  # type: ignore[attr-defined]
    sys.modules["flower.command"] = stand_in
