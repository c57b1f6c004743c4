from enum import StrEnum
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of


class Examined(StrEnum):
    """Names what an examination looked at: the service itself, again and again; Webkassa and Altegio when somebody asks."""

    SERVICE = "service"
    VENDORS = "vendors"


class HealthReport(Base):
    """Keeps the newest findings of an examination, by a worker; one row for each thing examined.

    A finding has `name`, `level`, `said`, `fix`, and `company_id` where it is about a salon alone.
    """

    __tablename__ = "health_reports"

    part: Mapped[str] = mapped_column(Text, unique=True)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    examined_at: Mapped[Moment]

    __table_args__ = (one_of("part", Examined),)
