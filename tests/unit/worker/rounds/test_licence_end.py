"""Until when a licence runs, as far as Webkassa's words make a date."""

from datetime import UTC, datetime
from typing import Any

import pytest

from worker.cashbox.licence import read_licence_end


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2027-02-28T00:00:00+05:00", datetime(2027, 2, 27, 19, tzinfo=UTC)),
        ("2027-02-28", datetime(2027, 2, 27, 19, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31T23:59:59", None),
        ("бессрочно", None),
        (None, None),
    ],
)
def test_a_date_no_licence_has_is_none(told: Any, expected: datetime | None) -> None:
    assert read_licence_end({"License": {"LicenseExpirationDate": told}}) == expected
    assert read_licence_end({"License": told}) is None
