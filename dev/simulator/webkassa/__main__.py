"""`python -m dev.simulator.webkassa --port N`: the simulator as a process of its own."""

from dev.simulator.serving import run_process
from dev.simulator.webkassa.settings import Settings
from dev.simulator.webkassa.simulator import Webkassa

raise SystemExit(run_process("dev.simulator.webkassa", Webkassa, Settings))
