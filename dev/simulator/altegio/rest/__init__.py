"""Altegio's REST as a real HTTP server: state, rights, limits, and faults on order."""

from dev.simulator.altegio.rest.server import RunningSimulator, start
from dev.simulator.altegio.rest.settings import Settings

__all__ = ["RunningSimulator", "Settings", "start"]
