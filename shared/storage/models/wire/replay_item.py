from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Foretold(StrEnum):
    """Names what a replay would lead to, by what is known now.

    `issue`: a receipt would be sent. `ask_first`: one may exist, so Webkassa is asked about it first. `settled`: nothing
    would change. `return_due`: a manager would be asked to return. `unclear`: it could not be found out.
    """

    ISSUE = "issue"
    ASK_FIRST = "ask_first"
    SETTLED = "settled"
    RETURN_DUE = "return_due"
    AWAITING = "awaiting"
    IGNORED = "ignored"
    PERSON = "person"
    WAITING = "waiting"
    NOT_POSSIBLE = "not_possible"
    UNCLEAR = "unclear"


class ReplayItem(Base):
    """Keeps one delivery of a replay: what a worker foretold, and what came of it.

    `foretold`: None until somebody looked; its `kind` is a `Foretold`. `outcome` is one of `shared.replay`,
    in small letters; None until its turn.
    """

    __tablename__ = "replay_items"

    run_id: Mapped[int] = mapped_column(ForeignKey("replay_runs.id", ondelete="CASCADE"))
    webhook_record_id: Mapped[int] = mapped_column(ForeignKey("webhook_records.id", ondelete="CASCADE"))
    foretold: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    outcome: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("run_id", "webhook_record_id"),
        Index("ix_replay_items_delivery", "webhook_record_id"),
        Index("ix_replay_items_left", "run_id", "id", postgresql_where=text("outcome IS NULL")),
    )
