"""A wrong clock for a process in Python: its folder on PYTHONPATH, and CLOCK_AHEAD."""
