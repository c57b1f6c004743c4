"""Finds salons whose goods go onto receipts without a code of the National Catalogue."""

from collections.abc import Iterator

from shared.config import Settings
from shared.salon.goods import FEW_LINES, count_coded
from shared.storage.db import SessionFactory
from worker.alerts import kinds
from worker.rounds.watch.condition import Condition, make_condition


def find_uncoded_goods(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Yields salons of whose goods lines a smaller share has a code than is wanted; a few lines say nothing."""
    if not settings.alert_goods_coded_percent:
        return
    with sessions() as session:
        shares = count_coded(session)
    for share in shares:
        if share.lines >= FEW_LINES and share.percent < settings.alert_goods_coded_percent:
            told = {"company": share.company_id, "percent": share.percent, "count": share.without}
            yield make_condition(settings, kinds.GOODS_UNCODED, str(share.company_id), **told)
