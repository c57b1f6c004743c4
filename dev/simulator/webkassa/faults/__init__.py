"""What can go wrong at the register: before a call has done anything, or after."""

from dev.simulator.webkassa.faults.fault import Fault

__all__ = ["Fault"]
