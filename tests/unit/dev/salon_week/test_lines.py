"""The table of the week: a row for each salon and situation, and the sums of each salon and of all."""

from collections import Counter

from dev.salon_week.lines import show_lines


def test_rows_and_sums() -> None:
    lines = {
        "307001 plain": Counter(due=3, issued=3, dropped=1, recovered=1),
        "307001 split": Counter(due=2, issued=1, missing=1),
        "307002 unpaid": Counter[str](),
    }

    rows = [row.replace("|", " ").split() for row in show_lines(lines).splitlines()]

    assert rows[0][:5] == ["salon", "and", "situation", "due", "issued"]
    assert rows[2][:4] == ["307001", "plain", "3", "3"]
    assert rows[4][:5] == ["307001", "together", "5", "4", "1"]
    assert rows[5][:4] == ["307002", "unpaid", ".", "."]
    assert rows[-1][:5] == ["all", "together", "5", "4", "1"]
    assert rows[-1][-2:] == ["1", "1"]
