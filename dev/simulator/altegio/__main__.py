"""`python -m dev.simulator.altegio`."""

from dev.simulator.altegio.cli import main

raise SystemExit(main())
