"""Has a tick that several workers may be asked for at once done by one of them."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import DBAPIError

from shared.logging import get_logger
from shared.storage.db import SessionFactory

log = get_logger(__name__)

_LOCK_SECONDS = 10
_TRY = select(
    func.set_config("idle_in_transaction_session_timeout", f"{_LOCK_SECONDS}s", True),
    func.pg_try_advisory_xact_lock(bindparam("lock")).label("is_mine"),
)


@contextlib.contextmanager
def only_one(sessions: SessionFactory, lock: int) -> Iterator[bool]:
    """Yields whether this caller has the tick, False while another worker is at it.

    The lock lives in a transaction that touches no row and that PostgreSQL ends after a few idle seconds: a worker that is
    frozen or cut off must not keep the others from their work. Two ticks at once have to be wasteful at most, not wrong.
    """
    with sessions() as session:
        yield bool(session.execute(_TRY, {"lock": lock}).one().is_mine)
        try:
            session.rollback()
        except DBAPIError:
            log.warning("a tick took longer than its lock")
