from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class StaffSession(Base):
    """Keeps a signed-in browser. Only the SHA-256 of its token is stored, so a copy of the table opens no session.

    `device`: browser and system in two words, for the owner of the account to know it by.
    """

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.id", ondelete="CASCADE"), index=True)
    last_seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    address: Mapped[str | None] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
