"""Examines the trail of who did what: is its chain whole."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from shared.storage.db import SessionFactory
from shared.storage.trail import verify_trail
from worker.entry.doctor.findings import Finding, ok, problem

NAME = "audit trail"
# Takes a tenth of a second; `doctor --audit` follows the chain from its beginning.
NEWEST = 10_000


def look_at_trail(sessions: SessionFactory, *, whole: bool) -> Iterator[Finding]:
    """Yields whether the newest links, or all, follow from each other; the newest hash is there to be noted elsewhere."""
    try:
        verdict = verify_trail(sessions, None if whole else NEWEST)
    except SQLAlchemyError:  # told of already
        return
    if verdict.fault:
        fix = "somebody changed the tables of the trail: compare with the newest backup, and change the database's passwords"
        yield problem(NAME, verdict.fault, fix)
        return
    followed = "all followed" if verdict.followed == verdict.links else f"the newest {verdict.followed} followed"
    yield ok(NAME, f"{verdict.links} links, {followed}, the newest is {verdict.newest_hash or 'none'}")
