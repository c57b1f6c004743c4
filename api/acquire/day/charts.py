"""Draws a day's hours and a month's days as SVG: positions and heights in the drawing's own units. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from shared.fiscal.money import ZERO

FIRST_HOUR, LAST_HOUR = 8, 21
COLUMN, HEIGHT, LEFT = 40, 160, 76
_STEPS = (1, 2, 5)
SHADES = 4
# Any week: of its days only the names are shown.
WEEK = [date(2026, 3, 2) + timedelta(days=number) for number in range(7)]


@dataclass(frozen=True, slots=True)
class Bar:
    """Describes an hour: where its bar stands, how high it is, how much was taken."""

    hour: int
    x: int
    y: int
    height: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """Describes a line of the scale."""

    y: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class HourChart:
    """Holds the bars of a day and the scale beside them."""

    bars: list[Bar]
    scale: list[Line]
    width: int


def draw_hours(by_hour: Mapping[int, Decimal]) -> HourChart:
    """Returns a bar for each hour of the working day, and of others in which something was taken."""
    hours = range(min([FIRST_HOUR, *by_hour]), max([LAST_HOUR, *by_hour]) + 1)
    step = choose_step(max(by_hour.values(), default=ZERO))
    top = step * 4
    bars = []
    for place, hour in enumerate(hours):
        amount = by_hour.get(hour, ZERO)
        height = int(max(amount, ZERO) / top * HEIGHT) if amount > 0 else 0
        height = max(height, 2) if amount > 0 else 0
        bars.append(Bar(hour, LEFT + place * COLUMN, HEIGHT - height, height, amount))
    scale = [Line(HEIGHT - int(HEIGHT * part / 4), step * part) for part in range(5)]
    return HourChart(bars, scale, LEFT + len(bars) * COLUMN)


def choose_step(largest: Decimal) -> Decimal:
    """Returns a round step, four of which reach over the largest amount: 1, 2 or 5 thousand, or ten times that."""
    step = Decimal(1000)
    for number in range(40):
        step = Decimal(_STEPS[number % 3]) * Decimal(10) ** (3 + number // 3)
        if step * 4 >= largest:
            break
    return step


@dataclass(frozen=True, slots=True)
class Cell:
    """Describes a day of the calendar. `shade`: from 0, nothing, to SHADES; None for a day to come."""

    day: date
    amount: Decimal | None
    differences: int
    shade: int | None


def draw_month(days: Mapping[date, tuple[Decimal, int]], first: date, today: date) -> list[list[Cell | None]]:
    """Returns the weeks of a month, Monday first; None outside of the month."""
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    largest = max((amount for amount, _ in days.values()), default=ZERO)
    cells: list[Cell | None] = [None] * first.weekday()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        amount, differences = days.get(day, (None, 0))
        cells.append(Cell(day, amount, differences, None if day > today else _find_shade(amount, largest)))
    cells += [None] * (-len(cells) % 7)
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def _find_shade(amount: Decimal | None, largest: Decimal) -> int:
    if not amount or amount <= 0 or largest <= 0:
        return 0
    return min(int(amount / largest * SHADES) + 1, SHADES)
