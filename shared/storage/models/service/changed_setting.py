from sqlalchemy import ForeignKey, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class ChangedSetting(Base):
    """Keeps a setting that a manager has changed on the page: it holds over the environment's, until it is reset.

    `name` is the setting's in `shared.config`. With a `cashbox_id` the value itself stands in the column of `cashboxes`, and
    the row says who put it there; it says nothing where the column has another value by now.
    """

    __tablename__ = "changed_settings"

    name: Mapped[str] = mapped_column(Text)
    cashbox_id: Mapped[int | None] = mapped_column(ForeignKey("cashboxes.id", ondelete="CASCADE"))
    value: Mapped[str] = mapped_column(Text)
    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    changed_at: Mapped[Moment] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("uq_changed_settings_of_service", "name", unique=True, postgresql_where=text("cashbox_id IS NULL")),
        Index("uq_changed_settings_of_cashbox", "cashbox_id", "name", unique=True),
    )
