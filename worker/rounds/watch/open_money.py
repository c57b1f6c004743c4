"""Tells what visits still owe, and what was paid for visits to come, when a shift is closed at night."""

from datetime import datetime, time, timedelta

from shared.books.model import OpenItem, OpenKind
from shared.books.read.homes import map_homes
from shared.books.read.open_items import list_open_items
from shared.clock import ALMATY, almaty_date
from shared.config import Settings
from shared.fiscal.money import ZERO
from shared.storage.db import SessionFactory, allow_long, read_clock
from shared.storage.models import Cashbox
from worker.alerts import send_alert
from worker.alerts.kinds import OPEN_MONEY
from worker.alerts.wording import describe


def tell_open_money(sessions: SessionFactory, settings: Settings, cashbox_id: int) -> None:
    """Sends one message a closing, none where nothing is open. Deposits are in the books alone: they are meant to stay."""
    day = almaty_date(read_clock(sessions))
    with sessions() as session:
        allow_long(session)
        homes, number = map_homes(session), session.get_one(Cashbox, cashbox_id).unique_number
        until = datetime.combine(day + timedelta(days=1), time(), tzinfo=ALMATY)
        items = list_open_items(session, lambda one: homes.find(one) == cashbox_id, day, until)
    debts = [item for item in items if item.kind is OpenKind.DEBT]
    prepaid = [item for item in items if item.kind is OpenKind.PREPAYMENT]
    if debts or prepaid:
        values = {
            "debts": _add_up(debts),
            "prepaid": _add_up(prepaid),
            "oldest": max((item.age for item in debts), default=0),
        }
        send_alert(sessions, OPEN_MONEY, describe(OPEN_MONEY, settings.alert_language, cashbox=number, **values))


def _add_up(items: list[OpenItem]) -> str:
    return f"{sum((item.amount for item in items), ZERO):.2f}"
