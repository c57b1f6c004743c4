from uuid import UUID

from sqlalchemy import Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of
from shared.storage.models.write_back.states import WriteState


class VisitMark(Base):
    """Keeps that a visit in Altegio has to name its receipts, and what came of it; one row a visit, one write at a time.

    `receipts`: how many issued ones were counted when it was opened last: more of them open it again.
    `attempts`: since it was opened last. `claim_id` and `lease_until`: who writes. `written`: what stands there by us.
    `read_at`, `wrote_at`: Altegio's own stamps of the visit before and after our write; `digest`: of all that we left as it
    was. What was told of the visit between them, and is otherwise, was undone by our write.
    """

    __tablename__ = "visit_marks"

    company_id: Mapped[int]
    record_id: Mapped[int]
    receipts: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text, server_default=WriteState.OPEN)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    opened_at: Mapped[Moment] = mapped_column(server_default=text("now()"))
    next_attempt_at: Mapped[Moment | None] = mapped_column(server_default=text("now()"))
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Moment | None]
    written: Mapped[str | None] = mapped_column(Text)
    written_at: Mapped[Moment | None]
    read_at: Mapped[Moment | None]
    wrote_at: Mapped[Moment | None]
    digest: Mapped[str | None] = mapped_column(Text)
    error_text: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        one_of("state", WriteState),
        UniqueConstraint("company_id", "record_id"),
        Index("ix_visit_marks_due", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
    )
