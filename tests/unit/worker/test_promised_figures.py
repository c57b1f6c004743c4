"""Figures that the documents promise. Other tests import these constants, and would pass with any value."""

from datetime import timedelta
from typing import Any

import pytest

from api.webhook import envelopes, security
from shared.fiscal import money
from worker.alerts import grouping
from worker.cashbox.shift import clock
from worker.receipt import lines, request
from worker.webkassa import retry_policy


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (grouping, "QUIET", timedelta(minutes=10)),
        (grouping, "REPETITION", timedelta(hours=6)),
        (grouping, "GRACE", timedelta(minutes=10)),
        (grouping, "TOGETHER", timedelta(hours=1)),
        (grouping, "MAX_CALM", timedelta(hours=1)),
        (clock, "OLD_AT_AGE", timedelta(hours=22)),
        (clock, "PATIENCE", timedelta(hours=2)),
        (retry_policy, "RETRY_AFTER_CAP_SECONDS", 600),
        (retry_policy, "DEFAULT_SNOOZE_SECONDS", 15),
        (retry_policy, "ASK_AGAIN_SECONDS", 3600),
        (retry_policy, "ASK_FOR", timedelta(days=14)),
        (security, "MAX_BODY_BYTES", 1_048_576),
        (security, "SIGNATURE_HEADER", "X-Altegio-Signature"),
        (security, "SECRET_HEADER", "X-Webhook-Secret"),
        (envelopes, "MAX_ENVELOPES", 1000),
        (lines, "MAX_PRICE", 999_999_999),
        (lines, "MAX_NAME", 128),
        (request, "TAX_VAT", 100),
        (request, "UNIT_PIECE", 796),
        (request, "UNIT_SERVICE", 5114),
        (request, "ROUND_POSITIONS", 2),
    ],
)
def test_it_is_what_was_promised(place: Any, name: str, value: Any) -> None:
    assert getattr(place, name) == value


def test_money_has_two_places_and_twelve_before_them() -> None:
    assert (str(money.TIYN), str(money.ZERO), str(money.LARGEST)) == ("0.01", "0.00", "999999999999.99")
