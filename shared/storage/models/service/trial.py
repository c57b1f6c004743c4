from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of


class TrialKind(StrEnum):
    """Names what a worker may be asked to try out: a message to all addresses of alerts, or Altegio's tokens."""

    ALERTS = "alerts"
    ALTEGIO = "altegio"


class TrialState(StrEnum):
    """Names the states of a trial. `absent`: there is nothing to try, since nothing is set up."""

    REQUESTED = "requested"
    PASSED = "passed"
    FAILED = "failed"
    ABSENT = "absent"


class Trial(Base):
    """Keeps what a manager asked a worker to try out, and what came of it. Each press is a row.

    `tried` and `passed`: addresses, or salons. `error_text`: what the first failure said, without any secret.
    """

    __tablename__ = "trials"

    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=TrialState.REQUESTED)
    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    tried: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    passed: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    error_text: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[Moment | None]

    __table_args__ = (one_of("kind", TrialKind), one_of("state", TrialState))
