from sqlalchemy import Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class SignInAttempt(Base):
    """Counts what was guessed in a row for a login on a device; `device_hash` is empty for all unknown devices together.

    Logins nobody has are counted the same way. Only hashes: people type passwords into the wrong field.
    """

    __tablename__ = "sign_in_attempts"

    login_hash: Mapped[str] = mapped_column(Text)
    device_hash: Mapped[str] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    locked_until: Mapped[Moment | None]
    tried_at: Mapped[Moment] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("login_hash", "device_hash"),
        Index("ix_sign_in_attempts_tried_at", "tried_at"),
    )
