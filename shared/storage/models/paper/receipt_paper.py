import secrets

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


def make_token() -> str:
    """Returns 22 letters of 128 random bits, which every address takes."""
    return secrets.token_urlsafe(16)


class ReceiptPaper(Base):
    """Keeps what the law wants on an issued receipt beside its lines and numbers, in Webkassa's own words of that moment.

    `token` is the last part of the customer's address of it. What Webkassa did not tell is None.
    """

    __tablename__ = "receipt_papers"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id", ondelete="CASCADE"), unique=True)
    token: Mapped[str] = mapped_column(Text, unique=True, default=make_token)
    taxpayer_name: Mapped[str | None] = mapped_column(Text)
    taxpayer_number: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    address_kk: Mapped[str | None] = mapped_column(Text)
    operator_name: Mapped[str | None] = mapped_column(Text)
    operator_name_kk: Mapped[str | None] = mapped_column(Text)
    operator_site: Mapped[str | None] = mapped_column(Text)
