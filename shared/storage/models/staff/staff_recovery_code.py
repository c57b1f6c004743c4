from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


class StaffRecoveryCode(Base):
    """Keeps a code that signs in once where the phone with the second factor is lost; used up, its row is gone."""

    __tablename__ = "staff_recovery_codes"

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("staff_user_id", "code_hash"),)
