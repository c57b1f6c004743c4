"""Finds the lines by which a receipt is printed, and orders those that are not there yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.storage.db import SessionFactory
from shared.storage.models import PrintLayout
from shared.storage.models.paper.print_layout import PaperForm, PrintLanguage

# A try that failed, or whose message was lost, is asked for anew this much later.
_ASK_AGAIN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Layout:
    """Holds lines to print. `is_wanted`: they are those of the paper and language asked for, not the register's own."""

    lines: Sequence[dict[str, Any]]
    is_wanted: bool


def find_layout(session: Session, receipt_id: int, form: PaperForm, language: PrintLanguage) -> Layout | None:
    """Returns the lines asked for, else those that came with the receipt, None without either."""
    fetched = session.scalars(
        select(PrintLayout).where(PrintLayout.receipt_id == receipt_id, PrintLayout.fetched_at.is_not(None))
    ).all()
    for layout in fetched:
        if (layout.form, layout.language) == (form, language):
            return Layout(layout.lines or (), is_wanted=True)
    own = next((one for one in fetched if (one.form, one.language) == (PaperForm.ROLL_80, PrintLanguage.OWN)), None)
    return Layout(own.lines or (), is_wanted=False) if own is not None else None


def order_layout(sessions: SessionFactory, receipt_id: int, form: PaperForm, language: PrintLanguage) -> int | None:
    """Stores that these lines are wanted. Returns the id to be published, None where they are on their way."""
    wanted = {"receipt_id": receipt_id, "form": form, "language": language}
    is_overdue = or_(
        PrintLayout.failed_at.is_not(None) & (PrintLayout.failed_at < _some_time_ago()),
        PrintLayout.failed_at.is_(None) & (PrintLayout.created_at < _some_time_ago()),
    )
    with sessions.begin() as session:
        added = insert(PrintLayout).values(**wanted).on_conflict_do_nothing().returning(PrintLayout.id)
        new_id = session.scalar(added)
        if new_id is not None:
            return new_id
        again = (
            update(PrintLayout)
            .filter_by(**wanted)
            .where(PrintLayout.fetched_at.is_(None), is_overdue)
            .values(failed_at=None, created_at=func.now())
            .returning(PrintLayout.id)
        )
        return session.scalar(again)


def _some_time_ago() -> Any:
    return func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _ASK_AGAIN_SECONDS)
