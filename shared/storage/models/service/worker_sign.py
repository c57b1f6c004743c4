from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class WorkerSign(Base):
    """Keeps when a worker was last seen alive, and what it takes its work from: messages, tables or nothing."""

    __tablename__ = "worker_signs"

    name: Mapped[str] = mapped_column(Text, unique=True)
    takes: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[Moment]
