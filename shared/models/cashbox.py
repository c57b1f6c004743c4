from uuid import UUID

from sqlalchemy import Boolean, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Base, Moment


class Cashbox(Base):
    """An online cash register. A row without `company_id` serves every salon that has no cashbox of its own.

    `claim_id` and `lease_until` are the door to it: one call at a time, from all workers together. `rest_until` keeps the
    door shut after a lost answer, while Webkassa may still be at work on the call. `paused_until` and `paused_reason`
    hold sales back when the register itself refuses them for a time.
    """

    __tablename__ = "cashboxes"

    unique_number: Mapped[str] = mapped_column(Text, unique=True)
    company_id: Mapped[int | None] = mapped_column(unique=True)
    enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Moment | None]
    rest_until: Mapped[Moment | None]
    paused_until: Mapped[Moment | None]
    paused_reason: Mapped[str | None] = mapped_column(Text)
