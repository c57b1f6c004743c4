from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Round(Base):
    """Keeps when a round last began, by the database's clock, and when beat last asked for it (`ticked_at`).

    `name` is that of its task. Whoever moves `began_at` does the round.
    """

    __tablename__ = "rounds"

    name: Mapped[str] = mapped_column(Text, unique=True)
    began_at: Mapped[Moment]
    ticked_at: Mapped[Moment | None]
