"""Names days in a row by Almaty's clock, for statements about moments."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from shared.clock import ALMATY


@dataclass(frozen=True, slots=True)
class Days:
    """Holds the first and the last of days in a row, both included. The database's own idea of Almaty's clock may be years
    old, so that it is told where each day begins.
    """

    first: date
    last: date

    @property
    def since(self) -> datetime:
        return _begin(self.first)

    @property
    def until(self) -> datetime:
        return _begin(self.last + timedelta(days=1))

    def list_all(self) -> list[date]:
        """Returns them in their order."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def contain(self, moment: Any) -> ColumnElement[bool]:
        """Returns the condition that a moment is on one of them."""
        return and_(moment >= self.since, moment < self.until)

    @property
    def parameters(self) -> dict[str, Any]:
        """Returns what a statement with `are_of_days` or `number_day` in it runs with."""
        begins = [_begin(day) for day in (*self.list_all(), self.last + timedelta(days=1))]
        return {"since": self.since, "until": self.until, "begins": begins}

    def find(self, number: int) -> date:
        """Returns the day at a place that `number_day` told."""
        return self.first + timedelta(days=number - 1)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ALMATY)


_MOMENT = TIMESTAMP(timezone=True)
_SINCE, _UNTIL, _BEGINS = (
    bindparam("since", type_=_MOMENT),
    bindparam("until", type_=_MOMENT),
    bindparam("begins", type_=ARRAY(_MOMENT)),
)


def are_of_days(moment: Any) -> ColumnElement[bool]:
    """Returns the condition that a moment is on one of the days that a statement will run with."""
    return and_(moment >= _SINCE, moment < _UNTIL)


def number_day(moment: Any) -> ColumnElement[int]:
    """Returns the expression for the place of a moment's day: 1 is the first, 0 before it, one more after the last."""
    return func.width_bucket(moment, _BEGINS)
