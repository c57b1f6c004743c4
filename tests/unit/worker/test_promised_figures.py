"""Figures that the documents promise. Other tests import these constants, and would pass with any value."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.webhook import envelopes, security
from shared import altegio
from shared.fiscal import goods_codes, money
from shared.wire import answer
from worker.alerts import grouping
from worker.altegio.limits import WINDOWS
from worker.cashbox.shift import clock
from worker.decide import rules
from worker.issue import belief
from worker.receipt import lines, request
from worker.webkassa import breaker, client, retry_policy, session_token


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (grouping, "QUIET", timedelta(minutes=10)),
        (grouping, "REPETITION", timedelta(hours=6)),
        (grouping, "GRACE", timedelta(minutes=10)),
        (grouping, "TOGETHER", timedelta(hours=1)),
        (grouping, "MAX_CALM", timedelta(hours=1)),
        (clock, "CLOSE_AT_AGE", timedelta(hours=21, minutes=30)),
        (clock, "OLD_AT_AGE", timedelta(hours=22)),
        (clock, "PATIENCE", timedelta(hours=2)),
        # How far a document's time may be from that of its request: one that names our number, and one that names none.
        (belief, "BEHIND", timedelta(hours=2)),
        (belief, "AHEAD", timedelta(days=60)),
        (belief, "BEHIND_UNNAMED", timedelta(minutes=2)),
        (belief, "AHEAD_UNNAMED", timedelta(minutes=10)),
        (belief, "EARLIER_UNNAMED", timedelta(days=1)),
        (breaker, "FAILURES_TO_OPEN", 5),
        (breaker, "PROBE_EVERY_SECONDS", 5),
        (breaker, "HEARD_SECONDS", 60),
        (breaker, "ASKED_SECONDS", 15),
        (client, "RENEWALS", 3),
        (session_token, "TOKEN_SECONDS", 22 * 3600),
        (session_token, "ENDED_TO_TELL", 3),
        (session_token, "ENDED_WITHIN_SECONDS", 1800),
        (answer, "MAX_RETRY_AFTER_SECONDS", 3600),
        (retry_policy, "SNOOZE_SECONDS", {"CashboxBusy": 3, "TooManyRequests": 5}),
        (retry_policy, "RETRY_AFTER_CAP_SECONDS", 600),
        (retry_policy, "DEFAULT_SNOOZE_SECONDS", 15),
        (retry_policy, "ASK_AGAIN_SECONDS", 3600),
        (retry_policy, "ASK_FOR", timedelta(days=14)),
        (security, "MAX_BODY_BYTES", 1_048_576),
        (security, "SECRET_HEADER", "X-Webhook-Secret"),
        (envelopes, "MAX_ENVELOPES", 1000),
        (envelopes, "MAX_DEPTH", 60),
        (altegio, "RECORD", "record"),
        (altegio, "GOODS_SALE", "goods_operations_sale"),
        (altegio, "FINANCES", "finances_operation"),
        (goods_codes, "LENGTHS", (8, 12, 13, 14)),
        (lines, "MAX_PRICE", 999_999_999),
        (lines, "MAX_COUNT", Decimal("4294967.295")),
        (lines, "MAX_NAME", 128),
        # Deliveries are found again by these words when money turns up for what they told.
        (rules, "IGNORED_WITHOUT_MONEY", ("nothing was sold", "the record was deleted", "the sale was deleted")),
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


def test_altegio_is_asked_less_often_than_it_allows() -> None:
    """200 requests a minute and 5 a second of one address; half of what we take is for what webhooks wait for."""
    second, minute = WINDOWS
    assert (second.calls < 5, second.seconds >= 1, minute.calls < 200, minute.seconds >= 60) == (True,) * 4
    assert (second.background * 2, minute.background * 2) == (second.calls, minute.calls)
