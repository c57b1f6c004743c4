from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, Money, one_of


class OrderKind(StrEnum):
    """Names what may be ordered of a cashbox: a report, or cash into (`deposit`) or out of (`withdrawal`) its drawer."""

    X_REPORT = "x_report"
    Z_REPORT = "z_report"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


class OrderState(StrEnum):
    """Names the states of an order. `unknown`: money may have moved or not, and Webkassa cannot be asked any more."""

    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


MONEY_ORDERS = (OrderKind.DEPOSIT, OrderKind.WITHDRAWAL)


class CashboxOrder(Base):
    """Keeps what a person wants of a cashbox besides receipts: a report, or cash put into or taken out of the drawer.

    The worker carries it out. `form_key` makes a form sent twice one order, `external_check_number` makes an order sent to
    Webkassa twice one movement of money. `sending_since` is set before a call that moves money and cleared by a certain
    answer: found set, an answer was lost. `before`: what the register's report counted before that call, as
    `worker.rounds.cash_movement` keeps it. `result` is Webkassa's answer: the report, or the drawer's state.
    `approved_by_id`: the manager who let a cashier go above the ceiling. `payment_record_id`: the operation of Altegio that
    told of the movement; of each there is one order.
    """

    __tablename__ = "cashbox_orders"

    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id"))
    kind: Mapped[str] = mapped_column(Text)
    form_key: Mapped[UUID] = mapped_column(unique=True)
    ordered_by: Mapped[str] = mapped_column(Text)
    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    amount: Mapped[Money | None]
    reason: Mapped[str | None] = mapped_column(Text)
    external_check_number: Mapped[str | None] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text, server_default=OrderState.REQUESTED)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    sending_since: Mapped[Moment | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    next_attempt_at: Mapped[Moment | None]
    error_code: Mapped[str | None] = mapped_column(Text)
    error_text: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    shift_number: Mapped[int | None]
    done_at: Mapped[Moment | None]
    payment_record_id: Mapped[int | None] = mapped_column(ForeignKey("payment_records.id", ondelete="SET NULL"))

    __table_args__ = (
        one_of("kind", OrderKind),
        one_of("state", OrderState),
        CheckConstraint("(kind IN ('deposit', 'withdrawal')) = (amount IS NOT NULL)", name="money_has_amount"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_cashbox_orders_open", "cashbox_id", postgresql_where=text("state = 'requested'")),
        Index(
            "uq_cashbox_orders_payment",
            "payment_record_id",
            unique=True,
            postgresql_where=text("payment_record_id IS NOT NULL AND state <> 'refused'"),
        ),
        Index("ix_cashbox_orders_cashbox_id_id", "cashbox_id", "id"),
        Index("ix_cashbox_orders_unclear", "id", postgresql_where=text("state = 'unknown'")),
    )
