from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, Text, or_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from shared.fiscal.statuses import PaymentKind
from shared.storage.models.base import Base, Money, one_of


class ReturnState(StrEnum):
    """Names the states of a return order. `accepted`: a return receipt was made of it, issued or not."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ReturnReason(StrEnum):
    """Names why a sale was returned, as staff chose it."""

    CHANGED_MIND = "changed_mind"
    WRONG_SERVICE = "wrong_service"
    WRONG_SUM = "wrong_sum"
    WRONG_METHOD = "wrong_method"
    OTHER = "other"


class ReturnOrder(Base):
    """Keeps a wish to return a sale, whole or by line; the worker turns it into a return receipt or refuses it.

    A manager's, or a cashier's below the ceiling or with the approval of `approved_by_id`; without `staff_user_id` the
    bridge's own, where `RETURN_POLICY` lets it. `total` is what staff were shown. `reason_code`: why, as returns are
    counted; `reason`: in staff's own words, which only `other` needs.

    `lines`: [{"position": index in the sale's Positions, "count": "1.5", "marks": ["…"]}]; empty means everything that is
    left. `marks`: the codes of the pieces that come back, where the sale has them. `original_shown`: which copy of the
    sale's receipt the customer showed, as the rules for returns ask.

    `sold_anew`: {way of payment: sum as text} of the same sale once more, made when the return of everything is issued: the
    first one said the wrong way. `cash_received`: what the customer handed over of its cash. `sold_anew_as`: the same for
    all of it in one way, as the version before this one knows it.
    """

    __tablename__ = "return_orders"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id"), index=True)
    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    total: Mapped[Money | None]
    form_key: Mapped[UUID] = mapped_column(unique=True)
    reason: Mapped[str] = mapped_column(Text)
    reason_code: Mapped[str | None] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    original_shown: Mapped[str | None] = mapped_column(Text)
    sold_anew_as: Mapped[str | None] = mapped_column(Text)
    sold_anew: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    cash_received: Mapped[Money | None]
    state: Mapped[str] = mapped_column(Text, server_default=text("'requested'"))
    refusal: Mapped[str | None] = mapped_column(Text)
    return_receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"), unique=True)

    __table_args__ = (
        one_of("state", ReturnState),
        one_of("sold_anew_as", PaymentKind),
        one_of("reason_code", ReturnReason),
        Index("ix_return_orders_requested", "id", postgresql_where=text("state = 'requested'")),
    )

    @hybrid_property
    def is_correction(self) -> bool:
        """Says whether the same sale is made anew after the return."""
        return self.sold_anew is not None or self.sold_anew_as is not None

    @is_correction.inplace.expression
    @classmethod
    def _select_is_correction(cls) -> ColumnElement[bool]:
        return or_(cls.sold_anew.is_not(None), cls.sold_anew_as.is_not(None))
