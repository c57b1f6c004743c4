from sqlalchemy import ForeignKey, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class StaffDevice(Base):
    """Keeps that an account has signed in on a browser before. Only the SHA-256 of the browser's cookie is stored."""

    __tablename__ = "staff_devices"

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.id", ondelete="CASCADE"))
    device_hash: Mapped[str] = mapped_column(Text)
    used_at: Mapped[Moment] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("staff_user_id", "device_hash"),)
