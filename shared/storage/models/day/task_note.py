from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class TaskNote(Base):
    """Keeps what people said of a task: who sees to it (`owner_id`), and until when it is put off.

    A task is a row of another table that waits for a person: `kind` says of which, `subject_id` is its id there.
    """

    __tablename__ = "task_notes"

    kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    put_off_until: Mapped[Moment | None]

    __table_args__ = (UniqueConstraint("kind", "subject_id"),)
