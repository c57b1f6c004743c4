"""`python -m dev.simulator.altegio.rest --port N`: the server as a process of its own."""

from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.simulator import Altegio
from dev.simulator.serving import run_process

# As many calls a second and a minute as come.
NO_LIMITS = {"limit_per_minute": None, "limit_per_second": None}

raise SystemExit(run_process("dev.simulator.altegio.rest", Altegio, Settings, {"--no-limits": NO_LIMITS}))
