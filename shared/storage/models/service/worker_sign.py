from sqlalchemy import Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class WorkerSign(Base):
    """Keeps when a worker was last seen alive, and what it takes its work from: messages, tables or nothing.

    `able_to`: what it has credentials for, in the words of `Settings.abilities`.
    """

    __tablename__ = "worker_signs"

    name: Mapped[str] = mapped_column(Text, unique=True)
    takes: Mapped[str] = mapped_column(Text)
    able_to: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    seen_at: Mapped[Moment]
