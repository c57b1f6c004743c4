"""Altegio's REST as a real HTTP server: state, rights, limits, and faults on order."""

from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.simulator import Altegio
from dev.simulator.serving import Running

RunningSimulator = Running[Altegio]

__all__ = ["RunningSimulator", "Settings", "start"]


def start(settings: Settings | None = None) -> RunningSimulator:
    """Ready for requests when it returns."""
    return Running(Altegio(settings or Settings()))
