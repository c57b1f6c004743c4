import random
from datetime import timedelta

import pytest

from worker.webkassa.errors import (
    AlreadyIssued,
    CashboxBusy,
    DomainUnavailable,
    LoginRefused,
    NotFoundInShift,
    OfflineTooLong,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    SessionExpired,
    ShiftExpired,
    ShiftNotOpen,
    TooManyRequests,
    UnknownVendorCode,
    WebkassaError,
    WebkassaUnavailable,
)
from worker.webkassa.retry_policy import (
    DEFAULT_SNOOZE_SECONDS,
    RETRY_AFTER_CAP_SECONDS,
    Budget,
    DeadLetter,
    RetryDecision,
    RetryIn,
    Snooze,
    backoff_seconds,
    decide_retry,
)

BUDGET = Budget(max_attempts=10, max_age=timedelta(hours=72), base_seconds=2, cap_seconds=300)
FRESH, OLD, TOO_OLD = timedelta(minutes=1), timedelta(hours=71, minutes=59), timedelta(hours=72)


def decide(
    error: WebkassaError,
    used: int = 0,
    age: timedelta = FRESH,
    *,
    attempts: int = 1,
    outage: bool = False,
    may_exist: bool = False,
    seed: int = 1,
) -> RetryDecision:
    rng = random.Random(seed)
    return decide_retry(error, used, age, BUDGET, attempts=attempts, is_outage=outage, may_exist=may_exist, rng=rng)


@pytest.mark.parametrize(
    ("error", "used", "age", "outage", "decision"),
    [
        pytest.param(ReceiptRejected, 0, FRESH, False, DeadLetter, id="no-repetition-makes-it-right"),
        pytest.param(ReceiptRejected, 0, FRESH, True, DeadLetter, id="nor-does-the-end-of-an-outage"),
        pytest.param(WebkassaUnavailable, 0, FRESH, False, Snooze, id="not-the-receipts-fault"),
        pytest.param(WebkassaUnavailable, 9, FRESH, False, Snooze, id="nor-after-ten-times"),
        pytest.param(WebkassaUnavailable, 5000, OLD, False, Snooze, id="only-time-is-limited"),
        pytest.param(WebkassaUnavailable, 9, FRESH, True, Snooze, id="an-outage-costs-no-chances"),
        pytest.param(WebkassaUnavailable, 0, TOO_OLD, True, DeadLetter, id="but-not-for-ever"),
        pytest.param(WebkassaUnavailable, 0, TOO_OLD, False, DeadLetter, id="too-old"),
        pytest.param(DomainUnavailable, 9, FRESH, False, Snooze, id="no-spare-host-helped"),
        pytest.param(OutcomeUnknown, 9, FRESH, False, Snooze, id="ask-again-later"),
        pytest.param(OutcomeUnknown, 5000, OLD, False, Snooze, id="for-as-long-as-it-takes"),
        pytest.param(OutcomeUnknown, 9, FRESH, True, Snooze, id="unknown-for-everybody"),
        pytest.param(UnknownVendorCode, 8, FRESH, False, RetryIn, id="one-chance-left"),
        pytest.param(UnknownVendorCode, 9, FRESH, False, DeadLetter, id="nobody-knows-the-code"),
        pytest.param(ShiftNotOpen, 0, FRESH, False, RetryIn, id="shift-closed-by-somebody"),
        pytest.param(LoginRefused, 50, TOO_OLD, False, Snooze, id="a-wrong-password-gives-no-receipt-up"),
        pytest.param(RegisterRefused, 50, TOO_OLD, False, Snooze, id="nor-does-a-blocked-register"),
        pytest.param(SessionExpired, 50, TOO_OLD, False, Snooze, id="nor-a-fresh-session-that-is-refused"),
        pytest.param(OfflineTooLong, 50, TOO_OLD, False, Snooze, id="the-register-waits-for-its-operator"),
        pytest.param(TooManyRequests, 9, FRESH, False, Snooze, id="a-limit-is-nobodys-fault"),
        pytest.param(ShiftExpired, 9, FRESH, False, Snooze, id="the-shift-is-being-closed"),
        pytest.param(CashboxBusy, 9, FRESH, False, Snooze, id="another-call-is-at-work"),
        pytest.param(CashboxBusy, 0, TOO_OLD, False, DeadLetter, id="busy-for-three-days"),
    ],
)
def test_what_comes_after_a_failure(
    error: type[WebkassaError], used: int, age: timedelta, outage: bool, decision: type[RetryDecision]
) -> None:
    assert type(decide(error("reason"), used, age, outage=outage)) is decision


@pytest.mark.parametrize(("used", "ceiling"), [(0, 2), (1, 4), (2, 8), (7, 256), (8, 300), (9, 300), (1000, 300)])
def test_backoff_has_full_jitter_under_a_growing_ceiling(used: int, ceiling: float) -> None:
    rng = random.Random(1)
    waits = [backoff_seconds(used, BUDGET, rng) for _ in range(500)]
    assert all(0 <= wait <= ceiling for wait in waits)
    assert min(waits) < ceiling * 0.1
    assert max(waits) > ceiling * 0.9


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(CashboxBusy, 3), (TooManyRequests, 5), (ShiftExpired, 15), (WebkassaUnavailable, 15)],
)
def test_a_snooze_lasts_between_half_and_the_whole_of_its_time(error: type[WebkassaError], seconds: float) -> None:
    for seed in range(100):
        decision = decide(error("x"), outage=True, seed=seed)
        assert isinstance(decision, Snooze)
        assert seconds / 2 <= decision.seconds <= seconds


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        pytest.param(120, 120, 120, id="as-long-as-asked"),
        pytest.param(0.5, 0.5, 5, id="or-longer"),
        pytest.param(86_400, RETRY_AFTER_CAP_SECONDS, RETRY_AFTER_CAP_SECONDS, id="not-a-day"),
        pytest.param(None, 2.5, 5, id="not-asked"),
    ],
)
def test_no_sooner_than_asked_and_not_without_bounds(asked: float | None, least: float, most: float) -> None:
    decision = decide(TooManyRequests("x", retry_after=asked))
    assert isinstance(decision, Snooze)
    assert least <= decision.seconds <= most


def test_every_retry_respects_retry_after() -> None:
    assert decide(OutcomeUnknown("x", retry_after=120)) == Snooze(120)
    assert decide(UnknownVendorCode("x", retry_after=120)) == RetryIn(120)


def test_pauses_after_failures_of_the_service_grow() -> None:
    longest = [max(decide(OutcomeUnknown("x"), attempts=n, seed=s).seconds for s in range(200)) for n in (1, 4, 20)]  # type: ignore[union-attr]
    assert longest[0] <= 2 < longest[1] <= 16 < longest[2] <= 300


def test_the_second_failure_of_the_service_waits_for_up_to_twice_as_long() -> None:
    waits = [decide(OutcomeUnknown("x"), attempts=2, seed=seed).seconds for seed in range(200)]  # type: ignore[union-attr]
    assert 2 < max(waits) <= 4


def test_where_nothing_was_asked_for_the_wait_may_be_of_any_length() -> None:
    waits = [decide(UnknownVendorCode("x"), seed=seed).seconds for seed in range(200)]  # type: ignore[union-attr]
    assert min(waits) < 0.1


@pytest.mark.parametrize(
    ("age", "decision"),
    [
        pytest.param(TOO_OLD, Snooze(3600), id="asked-once-an-hour"),
        pytest.param(TOO_OLD + timedelta(days=13), Snooze(3600), id="for-two-weeks"),
        pytest.param(TOO_OLD + timedelta(days=14), DeadLetter, id="until-its-shift-is-out-of-reach"),
    ],
)
def test_what_may_exist_stays_a_question_past_every_budget(age: timedelta, decision: RetryDecision) -> None:
    found = decide(OutcomeUnknown("x"), 500, age, may_exist=True)
    assert found == decision or type(found) is decision


@pytest.mark.parametrize("error", [ReceiptRejected, UnknownVendorCode, AlreadyIssued, NotFoundInShift])
def test_trouble_with_the_question_never_ends_what_may_exist(error: type[WebkassaError]) -> None:
    for used in (0, 9, 500):
        decision = decide(error("no"), used, OLD, may_exist=True)
        assert isinstance(decision, Snooze)
        assert decision.seconds >= DEFAULT_SNOOZE_SECONDS / 2


def test_what_a_register_refuses_is_due_as_soon_as_it_is_well() -> None:
    assert decide(RegisterRefused("blocked", code=7)) == Snooze(0)


@pytest.mark.parametrize(
    ("error", "used", "age", "words"),
    [
        (ReceiptRejected("Не заполнено", code=9), 0, FRESH, "code 9: Не заполнено"),
        (UnknownVendorCode("what is that", code=999), 9, FRESH, "gave up after 10 attempts: code 999: what is that"),
        (WebkassaUnavailable("cannot be reached"), 0, TOO_OLD, "gave up after 72.0 h: cannot be reached"),
        (WebkassaUnavailable("no answer"), 0, timedelta(hours=500), "gave up after 500.0 h: no answer"),
    ],
)
def test_a_dead_letter_says_why(error: WebkassaError, used: int, age: timedelta, words: str) -> None:
    assert decide(error, used, age) == DeadLetter(words)
