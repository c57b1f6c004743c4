"""`python -m dev.simulator.altegio.rest --port N`: the server as a process of its own."""

from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.simulator import Altegio
from dev.simulator.serving import run_process

raise SystemExit(run_process("dev.simulator.altegio.rest", Altegio, Settings))
