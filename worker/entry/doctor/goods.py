"""Examines whether goods go onto receipts with the codes that the National Catalogue asks for."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from shared.config import Settings
from shared.salon.goods import DAYS, count_coded
from shared.storage.db import SessionFactory
from worker.entry.doctor.findings import Finding, ok, warning


def look_at_goods(sessions: SessionFactory, settings: Settings) -> Iterator[Finding]:
    """Yields a finding for each salon that sold goods lately."""
    try:
        with sessions() as session:
            shares = count_coded(session)
    except SQLAlchemyError:  # told of already
        return
    for share in shares:
        name = f"codes of goods, salon {share.company_id}"
        said = f"{share.lines - share.without} of {share.lines} lines of {DAYS} days have a GTIN or NTIN"
        if share.percent < settings.alert_goods_coded_percent:
            yield warning(
                name, said, "celery -A worker receipts goods --without-code lists the others", about=share.company_id
            )
        else:
            yield ok(name, said, about=share.company_id)
