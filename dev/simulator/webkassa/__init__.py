"""A stateful Webkassa: a real HTTP server with a ledger, shifts, a movable clock and faults on order."""

from dev.simulator.webkassa.server import RunningSimulator, start
from dev.simulator.webkassa.settings import Settings

__all__ = ["RunningSimulator", "Settings", "start"]
