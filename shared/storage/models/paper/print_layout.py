from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of


class PaperForm(StrEnum):
    """Names the papers a receipt is printed on: rolls by their width in millimetres, and a sheet."""

    ROLL_80 = "80"
    ROLL_58 = "58"
    SHEET = "a4"


class PrintLanguage(StrEnum):
    """Names the languages of a printed receipt; `own`: the register's own, Kazakh and Russian."""

    OWN = "own"
    RUSSIAN = "ru"
    KAZAKH = "kk"
    ENGLISH = "en"


class PrintLayout(Base):
    """Keeps the lines that Webkassa prints of a receipt on one paper in one language, as `worker.receipt.paper` reads them.

    It is ordered by whoever wants to print, and fetched by the worker: `fetched_at` is None until then, `failed_at` and
    `error_text` tell of the last try that failed.
    """

    __tablename__ = "print_layouts"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id", ondelete="CASCADE"))
    form: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    fetched_at: Mapped[Moment | None]
    failed_at: Mapped[Moment | None]
    error_text: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        one_of("form", PaperForm),
        one_of("language", PrintLanguage),
        UniqueConstraint("receipt_id", "form", "language"),
        Index("ix_print_layouts_fetched_at", "fetched_at"),
    )
