from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


class StaffSalon(Base):
    """Keeps that an account belongs to a salon. Accounts of all salons have no rows: `StaffUser.all_salons` says it."""

    __tablename__ = "staff_salons"

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.id", ondelete="CASCADE"))
    company_id: Mapped[int]

    __table_args__ = (UniqueConstraint("staff_user_id", "company_id"),)
