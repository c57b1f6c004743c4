from typing import Any

from sqlalchemy import BigInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Backup(Base):
    """Keeps what the backup container made: a dump that could be read back, `bytes` long, with the `rows` of each table.

    `tried_at` is when it was restored into a database of its own, and `trial` what came of it: empty where all was there.
    """

    __tablename__ = "backups"

    name: Mapped[str] = mapped_column(Text, unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[dict[str, Any]] = mapped_column(JSONB)
    tried_at: Mapped[Moment | None]
    trial: Mapped[str | None] = mapped_column(Text)
