"""A stateful Webkassa: a real HTTP server with a ledger, shifts, a movable clock and faults on order."""

from dev.simulator.serving import Running
from dev.simulator.webkassa.settings import Settings
from dev.simulator.webkassa.simulator import Webkassa

RunningSimulator = Running[Webkassa]

__all__ = ["RunningSimulator", "Settings", "start"]


def start(settings: Settings | None = None) -> RunningSimulator:
    """Ready for requests when it returns."""
    return Running(Webkassa(settings or Settings()))
