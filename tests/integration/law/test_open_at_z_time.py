"""Row: part paid now; the books name the open sum each day, and an alert tells of it when the shift is closed."""

from datetime import timedelta

from shared.clock import almaty_date, utc_now
from tests.support.salon import Salon, came, paid
from worker.rounds.nightly_z_report import close_due


def close_shift(salon: Salon) -> None:
    salon.bridge.execute("UPDATE shifts SET opened_at = now() - interval '23 hours', next_close_at = NULL")
    salon.bridge.execute("UPDATE cashboxes SET rest_until = NULL")
    assert close_due(salon.bridge.services, 1)


def told(salon: Salon) -> str:
    return salon.bridge.scalar("SELECT string_agg(text, '; ') FROM alerts WHERE kind = 'open_money'") or ""


def test_debts_and_prepayments_are_told(telling: Salon) -> None:
    today = almaty_date(utc_now())
    telling.tell(paid(1, 9500), came(9500))
    telling.tell(paid(2, 3000, record_id=2002), came(9500, 2002, paid=0, date=f"{today - timedelta(days=3)} 12:00:00"))
    telling.tell(paid(3, 5000, record_id=3003), came(9500, 3003, paid=0, date=f"{today + timedelta(days=3)} 12:00:00"))
    close_shift(telling)
    assert all(part in told(telling) for part in ("6500.00", "5000.00", "3 дн."))


def test_where_everything_is_paid_nothing_is(telling: Salon) -> None:
    telling.tell(paid(1, 9500), came(9500))
    close_shift(telling)
    assert told(telling) == ""
