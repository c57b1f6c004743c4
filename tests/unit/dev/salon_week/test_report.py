"""The table of the week: a row for each salon and situation, and the sums of each salon and of all."""

from dev.salon_week.judge import Line
from dev.salon_week.report import format_table


def test_rows_and_sums() -> None:
    lines = [
        Line(307001, "plain", due=3, issued=3, dropped=1, recovered=1),
        Line(307001, "split", due=2, issued=1, missing=1),
        Line(307002, "unpaid"),
    ]

    rows = [row.split() for row in format_table(lines).splitlines()]

    assert rows[0][:4] == ["salon", "situation", "due", "issued"]
    assert rows[2][:4] == ["307001", "plain", "3", "3"]
    assert rows[4][:5] == ["307001", "together", "5", "4", "1"]
    assert rows[5][:4] == ["307002", "unpaid", ".", "."]
    assert rows[-1][:5] == ["all", "together", "5", "4", "1"]
    assert rows[-1][-2:] == ["1", "1"]
