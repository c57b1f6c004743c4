"""Does once the database is back what it was too far away for."""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

_AGAIN_SECONDS = 1.0


def do_later(deed: Callable[[], object], *, within: timedelta, name: str) -> None:
    """Does it again and again, in a thread of its own, until the database takes it or `within` has passed.

    For what ends a claim: its holder is gone by then, and its lease ends by itself.
    """
    threading.Thread(target=_keep_trying, args=(deed, within.total_seconds()), name=name, daemon=True).start()


def _keep_trying(deed: Callable[[], object], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(_AGAIN_SECONDS)
        with contextlib.suppress(SQLAlchemyError):
            deed()
            return
