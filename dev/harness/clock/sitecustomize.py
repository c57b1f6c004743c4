"""Moves the clock of a Python process by CLOCK_AHEAD seconds, before anything of it runs. What measures time goes on.

Python imports this by its name where PYTHONPATH has this folder. In the process, unlike libfaketime, since a wheel is had on
every machine; it reaches all that asks Python for the time, Celery and Kombu included.
"""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(os.environ["CLOCK_AHEAD"])), tick=True).start()
