"""Looks into the books of each cashbox's last days, again and again, and keeps what a person has to look at.

Today and yesterday are looked at each time, the days of a week once an hour, those of a year once a day: late words of
Altegio come within days, and a month is shown as it was looked at. What is no longer so is taken away.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.books.day import DayNames, name_day, write_names
from shared.books.kept import write_books
from shared.books.model import DayBooks
from shared.books.read import keep_books
from shared.clock import almaty_date
from shared.logging import get_logger
from shared.storage.db import SessionFactory, read_clock
from shared.storage.models import BookDay, BookFinding, Cashbox, Receipt
from worker.rounds.books.findings import Finding, list_findings, list_open_findings

log = get_logger(__name__)

FRESH_DAYS, WEEK, KEPT_DAYS = 2, 7, 366
AGAIN_AFTER, OLD_AGAIN_AFTER = timedelta(hours=1), timedelta(days=1)
# Days that are neither today nor yesterday, in one round: a first look at a year takes its time.
MOST_OLDER = 4
_OPEN_KEY = "open "


def check_books(sessions: SessionFactory) -> None:
    """Looks at the days whose time has come, a transaction each."""
    now = read_clock(sessions)
    with sessions() as session:
        cashboxes = session.scalars(select(Cashbox).order_by(Cashbox.id)).all()
        due = [(cashbox, day) for cashbox in cashboxes for day in _list_due(session, cashbox, now)]
    for cashbox, day in due:
        with sessions.begin() as session:
            _check(session, cashbox, day, is_today=day == almaty_date(now))
    log.debug("books looked at", days=len(due))


def _list_due(session: Session, cashbox: Cashbox, now: datetime) -> Iterator[date]:
    today = almaty_date(now)
    looked = select(BookDay.day, BookDay.checked_at).where(BookDay.cashbox_id == cashbox.id, BookDay.books.is_not(None))
    checked = {row.day: row.checked_at for row in session.execute(looked)}
    began = session.scalar(select(func.min(Receipt.issued_at)).where(Receipt.cashbox_id == cashbox.id))
    first = max(almaty_date(began) if began else today, today - timedelta(days=KEPT_DAYS))
    yield from (today - timedelta(days=age) for age in range(FRESH_DAYS))
    older = [today - timedelta(days=age) for age in range(FRESH_DAYS, (today - first).days + 1)]
    due = (day for day in older if _is_due(day, checked.get(day), now))
    yield from (day for _, day in zip(range(MOST_OLDER), due, strict=False))


def _is_due(day: date, checked_at: datetime | None, now: datetime) -> bool:
    is_of_week = (almaty_date(now) - day).days <= WEEK
    return checked_at is None or checked_at < now - (AGAIN_AFTER if is_of_week else OLD_AGAIN_AFTER)


def _check(session: Session, cashbox: Cashbox, day: date, *, is_today: bool) -> None:
    [books] = keep_books(session, cashbox, day, day)
    findings = list(list_findings(books))
    _save_day(session, cashbox.id, books, findings, name_day(session, [cashbox.id], day))
    _save_findings(session, cashbox.id, findings)
    of_day = BookFinding.day == day, ~BookFinding.key.startswith(_OPEN_KEY)
    _forget(session, cashbox.id, findings, *of_day)
    if is_today:
        still_open = list(list_open_findings(books, _OPEN_KEY))
        _save_findings(session, cashbox.id, still_open)
        _forget(session, cashbox.id, still_open, BookFinding.key.startswith(_OPEN_KEY))


def _save_day(session: Session, cashbox_id: int, books: DayBooks, findings: Sequence[Finding], names: DayNames) -> None:
    values = {
        "checked_at": func.now(),
        "issued": books.issued.total,
        "receipts": books.receipts,
        "returned": books.issued.returned_total,
        "returns": books.returns,
        "differences": len(findings),
        "differing": sum(abs(finding["amount"]) for finding in findings),
        "names": write_names(names),
        "books": write_books(books),
    }
    row = insert(BookDay).values(cashbox_id=cashbox_id, day=books.day, **values)
    session.execute(row.on_conflict_do_update(index_elements=["cashbox_id", "day"], set_=values))


def _save_findings(session: Session, cashbox_id: int, findings: Sequence[Finding]) -> None:
    """A finding that is known keeps its row: people may have taken it, or put it off."""
    for finding in findings:
        row = insert(BookFinding).values(cashbox_id=cashbox_id, **finding)
        changed = {name: value for name, value in finding.items() if name != "key"}
        session.execute(row.on_conflict_do_update(index_elements=["cashbox_id", "key"], set_=changed))


def _forget(session: Session, cashbox_id: int, findings: Sequence[Finding], *of_what: object) -> None:
    keys = [finding["key"] for finding in findings]
    gone = delete(BookFinding).where(BookFinding.cashbox_id == cashbox_id, *of_what, BookFinding.key.not_in(keys))  # type: ignore[arg-type]
    session.execute(gone)
