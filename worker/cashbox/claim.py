"""The door of a cashbox: Webkassa takes its calls strictly one after another, lookups and reports included.

The lock is a lease in PostgreSQL. Not a Redis lock: Redis may be wiped at any moment. Not an advisory lock: it ends with the
connection of a killed worker, while the call of that worker may still be running at Webkassa. All times are the database's.

A worker may sleep between its last look at the claim and its call: stopped, or its machine suspended. So right before a
request leaves it looks at its own clocks, and where they doubt the lease it sends only if the database extends it. What is
left is a sleep between that look and the next instruction.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import Boolean, Interval, bindparam, func, update
from sqlalchemy.exc import SQLAlchemyError

from shared.logging import get_logger
from shared.storage.db import SessionFactory, open_alone
from shared.storage.later import do_later
from shared.storage.models import Cashbox
from shared.storage.statements import table_of
from shared.wire.deadline import is_overdue, keep_on_leash

log = get_logger(__name__)

# A call that leaves has the rest of the lease to be done at the register before anybody else may call.
_SEND_WITHIN = 0.75

# Built once, and of the table instead of the model: a receipt passes here twice, and building costs more than running.
_table = table_of(Cashbox)
_now = func.now()
_CLAIM = (
    update(_table)
    .where(
        _table.c.id == bindparam("cashbox"),
        _table.c.enabled,
        _table.c.claim_id.is_(None) | (_table.c.lease_until < _now),
        _table.c.rest_until.is_(None) | (_table.c.rest_until <= _now),
        bindparam("even_if_paused", type_=Boolean) | _table.c.paused_until.is_(None) | (_table.c.paused_until <= _now),
    )
    .values(
        claim_id=bindparam("claim"),
        lease_until=_now + bindparam("lease", type_=Interval),
        rest_until=None,
    )
)
_EXTEND = (
    update(_table)
    .where(_table.c.id == bindparam("cashbox"), _table.c.claim_id == bindparam("claim"))
    .values(lease_until=_now + bindparam("lease", type_=Interval))
)
_RELEASE = (
    update(_table)
    .where(_table.c.id == bindparam("cashbox"), _table.c.claim_id == bindparam("claim"))
    .values(claim_id=None, lease_until=None, rest_until=_now + bindparam("rest", type_=Interval))
)


class ClaimLost(Exception):
    """The lease ended and somebody else has the cashbox: nothing may be sent in its name any more."""


class CashboxClaim:
    """A cashbox held by this thread. `rest_seconds`, if set, keeps the door shut that long after the release."""

    def __init__(self, sessions: SessionFactory, cashbox_id: int, claim_id: UUID, lease_seconds: int) -> None:
        self.cashbox_id = cashbox_id
        self.claim_id = claim_id
        self.rest_seconds = 0.0
        self._sessions = sessions
        self.lease = timedelta(seconds=lease_seconds)
        self._ended = threading.Event()
        self._holder = threading.get_ident()
        self._sends_until = self._look_ahead()

    def extend(self) -> bool:
        """False when the claim is lost."""
        values = {"cashbox": self.cashbox_id, "claim": self.claim_id, "lease": self.lease}
        sends_until = self._look_ahead()
        with open_alone(self._sessions) as connection:
            is_extended = bool(connection.execute(_EXTEND, values).rowcount)
        if is_extended:
            self._sends_until = sends_until
        return is_extended

    def may_send(self) -> bool:
        """Says whether a request may leave: by this machine's clocks, and where they doubt it by the database."""
        is_fresh = all(now < until for now, until in zip(_read_clocks(), self._sends_until, strict=True))
        return is_fresh or self.extend()

    def confirm(self) -> None:
        """Before a call that follows another. Raises ClaimLost."""
        if not self.extend():
            raise ClaimLost

    def keep_extending(self) -> None:
        """The heartbeat, until the claim ends or is lost. It rests while a call of the holder is past its deadline."""
        while not self._ended.wait(self.lease.total_seconds() / 4):
            if is_overdue(self._holder):
                log.error("lease not extended: a call does not end", cashbox_id=self.cashbox_id)
                continue
            try:
                if not self.extend():
                    log.error("claim lost", cashbox_id=self.cashbox_id)
                    return
            except SQLAlchemyError as error:
                log.warning("lease not extended", cashbox_id=self.cashbox_id, error=type(error).__name__)

    def _look_ahead(self) -> tuple[float, ...]:
        """How long requests may leave if the lease begins now; read before it does."""
        return tuple(now + _SEND_WITHIN * self.lease.total_seconds() for now in _read_clocks())

    def release(self) -> None:
        """Opens the door for the next. Raises what the database raises; the door is opened then once it is back."""
        self._ended.set()
        try:
            self._let_go()
        except SQLAlchemyError:
            # Nobody calls any more: nobody else has to wait until the lease ends.
            do_later(self._let_go, within=self.lease, name=f"release-{self.cashbox_id}")
            raise

    def _let_go(self) -> None:
        rest = timedelta(seconds=self.rest_seconds) if self.rest_seconds else None
        with open_alone(self._sessions) as connection:
            connection.execute(_RELEASE, {"cashbox": self.cashbox_id, "claim": self.claim_id, "rest": rest})


@contextlib.contextmanager
def hold_cashbox(
    sessions: SessionFactory, cashbox_id: int, lease_seconds: int, *, even_if_paused: bool = False
) -> Iterator[CashboxClaim | None]:
    """The claim, or None when the cashbox is busy, resting or paused. Never waits."""
    claim = CashboxClaim(sessions, cashbox_id, uuid4(), lease_seconds)
    if not _is_granted(sessions, claim, even_if_paused=even_if_paused):
        yield None
        return
    heartbeat = threading.Thread(target=claim.keep_extending, name=f"lease-{cashbox_id}", daemon=True)
    heartbeat.start()
    try:
        with keep_on_leash(claim.may_send):
            yield claim
    finally:
        claim.release()


def _read_clocks() -> tuple[float, float]:
    """One clock stands still while the machine is suspended, the other can be set."""
    return time.monotonic(), time.time()


def _is_granted(sessions: SessionFactory, claim: CashboxClaim, *, even_if_paused: bool) -> bool:
    values = {
        "cashbox": claim.cashbox_id,
        "claim": claim.claim_id,
        "lease": claim.lease,
        "even_if_paused": even_if_paused,
    }
    with open_alone(sessions) as connection:
        return bool(connection.execute(_CLAIM, values).rowcount)
