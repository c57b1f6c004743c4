from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Cashbox(Base):
    """Keeps an online cash register and the salon it belongs to; None in a setting means the environment's.

    The row without `company_id` is the environment's own cashbox. `api_token_sealed` and `password_sealed` are encrypted by
    `shared.storage.sealing`. What the salon chooses, from `vat` to `desk_payments`, takes the words of the environment's
    variables (`shared.salon.choices`).

    `claim_id` and `lease_until` are the door to it: one call at a time, from all workers together. `rest_until` keeps the
    door shut after a lost answer, while Webkassa may still be at work on the call. `paused_since`,
    `paused_reason` and `paused_code` (Webkassa's) hold sales back while the register itself refuses them; `paused_until` is
    when it is probed next. `failures` in a row make it rest longer.
    """

    __tablename__ = "cashboxes"

    unique_number: Mapped[str] = mapped_column(Text, unique=True)
    company_id: Mapped[int | None]
    name: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    login: Mapped[str | None] = mapped_column(Text)
    password_sealed: Mapped[str | None] = mapped_column(Text)
    api_token_sealed: Mapped[str | None] = mapped_column(Text)
    vat: Mapped[str | None] = mapped_column(Text)
    vat_lines: Mapped[str | None] = mapped_column(Text)
    comment_marker: Mapped[str | None] = mapped_column(Text)
    fiscalize_when: Mapped[str | None] = mapped_column(Text)
    default_payment_method: Mapped[str | None] = mapped_column(Text)
    payment_kinds: Mapped[str | None] = mapped_column(Text)
    deposits: Mapped[str | None] = mapped_column(Text)
    part_payments: Mapped[str | None] = mapped_column(Text)
    tips: Mapped[str | None] = mapped_column(Text)
    certificates_as: Mapped[str | None] = mapped_column(Text)
    goods_codes: Mapped[str | None] = mapped_column(Text)
    receipt_to_client: Mapped[str | None] = mapped_column(Text)
    receipt_language: Mapped[str | None] = mapped_column(Text)
    write_back: Mapped[str | None] = mapped_column(Text)
    desk_payments: Mapped[str | None] = mapped_column(Text)
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Moment | None]
    rest_until: Mapped[Moment | None]
    paused_until: Mapped[Moment | None]
    paused_since: Mapped[Moment | None]
    paused_reason: Mapped[str | None] = mapped_column(Text)
    paused_code: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))

    __table_args__ = (
        # One at a time; those of earlier years stay for their receipts.
        Index("uq_cashboxes_of_salon", "company_id", unique=True, postgresql_where=text("enabled")),
    )
