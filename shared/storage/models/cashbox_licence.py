from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class CashboxLicence(Base):
    """Keeps what Webkassa said last about the licence of a cashbox. `expires_at` is None where it did not tell."""

    __tablename__ = "cashbox_licences"

    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id", ondelete="CASCADE"), unique=True)
    expires_at: Mapped[Moment | None]
    checked_at: Mapped[Moment]
