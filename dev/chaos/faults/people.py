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
_WORDS = "отказ"
_GIVEN_UP = f"""
    SELECT webhook_records.id FROM webhook_records JOIN receipts ON receipts.id = receipt_id
     WHERE webhook_records.state = 'dead_lettered' AND receipts.state = 'rejected' AND receipts.error_text = '{_WORDS}'
"""
_RECEIPTS = (sys.executable, "-m", "celery", "-A", "worker", "receipts")


def _replay_twice(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """Webkassa refuses a receipt for good, then does not; nobody but a person can know that."""
    hit = hit_checks(trouble, kind="code", code=17, text=_WORDS)
    if hit is None:
        return None
    # What else is broken just then may refuse the hands too: they come again, as people do.
    wait_until(lambda: _find(trouble), timeout=PATIENCE_SECONDS, what="a receipt to be given up", poll=0.5)
    put_back(trouble)
    return Effect(time.monotonic(), hit.touched)


def put_back(trouble: Trouble) -> None:
    """Also what was refused after the fault: a call may reach Webkassa late, or twice, by a way that is broken too."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (rows := _find(trouble)) and time.monotonic() < until:
        page = threading.Thread(target=_press, args=(trouble.world, rows))
        page.start()
        with contextlib.suppress(CommandFailed):
            trouble.world.run((*_RECEIPTS, "replay", *map(str, rows)))
        page.join()


def _find(trouble: Trouble) -> list[int]:
    try:
        return [row for (row,) in trouble.monitor.tables.ask(_GIVEN_UP)]
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
