from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.fiscal.statuses import PaymentKind
from shared.storage.models.base import Base, Moment, Money, one_of


class HandBack(Base):
    """Keeps what staff have to give the customer for a return, one row for a way of payment, and who did it and when.

    A return receipt moves no money: a card is refunded on the terminal, cash is taken out of the drawer by hand. Returns
    that only correct a way of payment have no rows.
    """

    __tablename__ = "hand_backs"

    return_receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id"))
    kind: Mapped[str] = mapped_column(Text)
    amount: Mapped[Money]
    ticked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    ticked_at: Mapped[Moment | None]

    __table_args__ = (
        one_of("kind", PaymentKind),
        CheckConstraint("(ticked_at IS NULL) = (ticked_by_id IS NULL)", name="ticked_by_somebody"),
        UniqueConstraint("return_receipt_id", "kind"),
        Index("ix_hand_backs_unticked", "return_receipt_id", postgresql_where=text("ticked_at IS NULL")),
    )
