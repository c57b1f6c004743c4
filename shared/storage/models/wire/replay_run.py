from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of


class RunState(StrEnum):
    """Names the states of a replay. `foretelling`: workers find out what would happen; `ready`: a person has to start it."""

    FORETELLING = "foretelling"
    READY = "ready"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class ReplayRun(Base):
    """Keeps a replay of chosen deliveries, from its preview to its end: `replay_items` are the deliveries.

    `asked` is the filter that chose them, for people to read. `moved_at`: when a worker last saw to it; a run that stands
    still is taken up again by the sweep.
    """

    __tablename__ = "replay_runs"

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.id"))
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default=RunState.FORETELLING)
    moved_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]

    __table_args__ = (one_of("state", RunState),)
