from sqlalchemy import BigInteger, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class WebhookAddress(Base):
    """Keeps which generations of a salon's own webhook secret are in force: from `oldest` to `newest`. No row: the first."""

    __tablename__ = "webhook_addresses"

    company_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    newest: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    oldest: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    rotated_at: Mapped[Moment | None]
