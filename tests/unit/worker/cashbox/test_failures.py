"""What counts against the host, and what shows that it lives."""

import pytest
from fakeredis import FakeStrictRedis

from worker.cashbox.failures import tell_breaker
from worker.webkassa.breaker import FAILURES_TO_OPEN, Breaker
from worker.webkassa.errors import (
    CashboxBusy,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    TooManyRequests,
    WebkassaError,
    WebkassaUnavailable,
)

REGISTER = 1


def is_open_after(error: WebkassaError) -> bool:
    breaker = Breaker(FakeStrictRedis(), "w.test")
    for _ in range(FAILURES_TO_OPEN):
        tell_breaker(breaker, REGISTER, error)
    return breaker.is_open()


@pytest.mark.parametrize("code", [None, 301, 403, 404, 405, 500, 502, 503, 505])
def test_no_answer_and_a_gateways_status_count_against_the_host(code: int | None) -> None:
    assert is_open_after(OutcomeUnknown("x", code=code))
    assert is_open_after(WebkassaUnavailable("x", code=code))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OutcomeUnknown("x", code=-1), id="unknown-error"),
        pytest.param(OutcomeUnknown("x", code=4), id="a-right"),
        pytest.param(TooManyRequests("x", code=429), id="a-limit"),
        pytest.param(CashboxBusy("x", code=9), id="busy"),
        pytest.param(ReceiptRejected("x", code=9), id="rejected"),
        pytest.param(RegisterRefused("x", code=7), id="blocked"),
    ],
)
def test_what_a_register_says_is_a_sign_of_life(error: WebkassaError) -> None:
    assert not is_open_after(error)
    breaker = Breaker(FakeStrictRedis(), "w.test")
    for _ in range(FAILURES_TO_OPEN):
        breaker.record_failure(REGISTER + 1)
    tell_breaker(breaker, REGISTER, error)
    assert not breaker.is_open()


@pytest.mark.parametrize("code", [None, 401, 403, 404])
def test_what_no_register_said_is_neither(code: int | None) -> None:
    """A refusal by something in its place, or credentials that cannot be read here."""
    error = RegisterRefused("x", code=code)
    assert not is_open_after(error)
    breaker = Breaker(FakeStrictRedis(), "w.test")
    for _ in range(FAILURES_TO_OPEN):
        breaker.record_failure(REGISTER)
    assert tell_breaker(breaker, REGISTER, error)
    assert breaker.is_open()
