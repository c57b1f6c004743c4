"""What people do in the middle of it: the same given-up receipt is put back on the command line and on the page at once."""

import contextlib
import random
import sys
import threading
import time
from collections.abc import Sequence

import requests
from sqlalchemy.exc import SQLAlchemyError

from dev.chaos.faults.injections import hit_checks
from dev.chaos.trouble import Effect, Fault, Trouble
from dev.demo.waiting import wait_until
from dev.harness.desk import Desk, PageFailed, add_manager
from dev.harness.world import CommandFailed, World

PATIENCE_SECONDS = 90.0
_GIVEN_UP = """
    SELECT webhook_records.id FROM webhook_records JOIN receipts ON receipts.id = receipt_id
     WHERE webhook_records.state = 'dead_lettered' AND external_check_number IN ({})
"""
_RECEIPTS = (sys.executable, "-m", "celery", "-A", "worker", "receipts")


def _replay_twice(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """Webkassa refuses a receipt for good, then does not; nobody but a person can know that."""
    hit = hit_checks(trouble, kind="code", code=9, text="отказ")
    if hit is None:
        return None
    world, numbers = trouble.world, sorted(hit.touched)
    # What else is broken just then may refuse the hands too: they come again, as people do.
    wait_until(lambda: _find(trouble, numbers), timeout=PATIENCE_SECONDS, what="a receipt to be given up", poll=0.5)
    until = time.monotonic() + PATIENCE_SECONDS
    while (rows := _find(trouble, numbers)) and time.monotonic() < until:
        page = threading.Thread(target=_press, args=(world, rows))
        page.start()
        with contextlib.suppress(CommandFailed):
            world.run((*_RECEIPTS, "replay", *map(str, rows)))
        page.join()
    return Effect(time.monotonic(), hit.touched)


def _find(trouble: Trouble, numbers: Sequence[str]) -> list[int]:
    try:
        return [row for (row,) in trouble.monitor.tables.ask(_GIVEN_UP.format(", ".join(f"'{one}'" for one in numbers)))]
    except SQLAlchemyError:
        return []


def _press(world: World, rows: Sequence[int]) -> None:
    with contextlib.suppress(CommandFailed):  # there is one
        add_manager(world)
    with contextlib.suppress(PageFailed, requests.RequestException):
        desk = Desk(world.stack.api_url)
        for row in rows:
            desk.post(f"/acquire/attention/{row}/retry", {})


PEOPLE = (Fault("replayed on the command line and on the page at once", _replay_twice, hits_all=False),)
