"""Calls pause when Webkassa is away; one probe at a time finds out when it is back."""

import time

import pytest
from fakeredis import FakeServer, FakeStrictRedis

from worker.webkassa.breaker import ASKED_SECONDS, FAILURES_TO_OPEN, HEARD_SECONDS, PROBE_EVERY_SECONDS, Breaker

SICK, WELL, THIRD = 1, 2, 3


@pytest.fixture
def redis_server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def redis(redis_server: FakeServer) -> FakeStrictRedis:
    return FakeStrictRedis(server=redis_server)


@pytest.fixture
def breaker(redis: FakeStrictRedis) -> Breaker:
    return Breaker(redis, "w.test")


def fail(breaker: Breaker, times: int, register: int = SICK) -> list[bool]:
    return [breaker.record_failure(register) for _ in range(times)]


def let_pass(redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """On the clock of Redis."""
    began, _ = redis.time()
    monkeypatch.setattr(FakeStrictRedis, "time", lambda _: (int(began + seconds), 0))


def end_interval(redis: FakeStrictRedis) -> None:
    """The next probe is due."""
    (probe,) = redis.keys("*:probe")
    redis.delete(probe)


def test_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    assert fail(breaker, FAILURES_TO_OPEN) == [False] * (FAILURES_TO_OPEN - 1) + [True]
    assert breaker.is_open()


def test_a_success_between_starts_the_count_anew(breaker: Breaker) -> None:
    fail(breaker, FAILURES_TO_OPEN - 1)
    breaker.record_success(SICK)
    assert not any(fail(breaker, FAILURES_TO_OPEN - 1))
    assert not breaker.is_open()


def test_closed_lets_everybody_through(breaker: Breaker) -> None:
    assert all(breaker.allows_call(SICK) for _ in range(20))


def test_open_lets_one_probe_through_per_interval(breaker: Breaker, redis: FakeStrictRedis) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    assert [breaker.allows_call(SICK) for _ in range(5)] == [True, False, False, False, False]
    (probe,) = redis.keys("*:probe")
    assert 0 < redis.pttl(probe) <= PROBE_EVERY_SECONDS * 1000
    redis.delete(probe)
    assert [breaker.allows_call(SICK), breaker.allows_call(SICK)] == [True, False]


def test_a_failed_probe_keeps_it_open(breaker: Breaker) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    assert breaker.allows_call(SICK)
    assert breaker.record_failure(SICK)
    assert breaker.is_open()


def test_the_first_success_opens_the_way_for_all(breaker: Breaker) -> None:
    fail(breaker, FAILURES_TO_OPEN + 3)
    breaker.record_success(SICK)
    assert not breaker.is_open()
    assert all(breaker.allows_call(SICK) for _ in range(5))


def test_all_workers_share_it_and_hosts_do_not(breaker: Breaker, redis: FakeStrictRedis) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    assert Breaker(redis, "w.test").is_open()
    assert not Breaker(redis, "other.test").is_open()


def test_a_success_has_nothing_to_reset_after_a_clean_look(breaker: Breaker, redis: FakeStrictRedis) -> None:
    other = Breaker(redis, "w.test")
    assert breaker.allows_call(SICK)
    fail(other, FAILURES_TO_OPEN)
    breaker.record_success(SICK)
    assert other.is_open()
    assert breaker.is_open()
    breaker.record_success(SICK)
    assert not other.is_open()


def test_a_clean_look_is_soon_out_of_date(breaker: Breaker, redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    assert breaker.allows_call(SICK)
    fail(Breaker(redis, "w.test"), FAILURES_TO_OPEN)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    breaker.record_success(SICK)
    assert not breaker.is_open()


def test_it_forgets_itself_when_nobody_asks(breaker: Breaker, redis: FakeStrictRedis) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    breaker.allows_call(SICK)
    assert all(redis.ttl(key) > 0 for key in redis.keys("*"))


def test_without_redis_calls_go_on(breaker: Breaker, redis_server: FakeServer) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    redis_server.connected = False
    assert not breaker.is_open()
    assert breaker.allows_call(SICK)
    assert not breaker.record_failure(SICK)
    breaker.record_success(SICK)


class TestOneRegisterOfMany:
    def test_failures_of_one_open_nothing_while_another_is_heard_of(self, breaker: Breaker) -> None:
        breaker.record_success(WELL)
        assert not any(fail(breaker, 10 * FAILURES_TO_OPEN))
        assert not breaker.is_open()

    def test_its_own_successes_do_not_speak_for_it(self, breaker: Breaker) -> None:
        breaker.record_success(SICK)
        assert fail(breaker, FAILURES_TO_OPEN)[-1]

    def test_what_was_heard_long_ago_says_nothing(
        self, breaker: Breaker, redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        breaker.record_success(WELL)
        let_pass(redis, monkeypatch, HEARD_SECONDS + 1)
        assert fail(breaker, FAILURES_TO_OPEN)[-1]

    def test_failures_of_two_are_the_hosts(self, breaker: Breaker) -> None:
        breaker.record_success(THIRD)
        fail(breaker, FAILURES_TO_OPEN - 1)
        assert breaker.record_failure(WELL)

    def test_another_that_answers_in_between_starts_the_count_anew(self, breaker: Breaker) -> None:
        for _ in range(3):
            assert not any(fail(breaker, 2, SICK) + fail(breaker, 2, WELL))
            breaker.record_success(THIRD)

    def test_that_it_is_heard_of_is_written_now_and_then(
        self, breaker: Breaker, redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def is_written() -> bool:
            redis.flushall()
            breaker.allows_call(WELL)
            breaker.record_success(WELL)
            return bool(redis.keys("*:heard"))

        assert [is_written(), is_written()] == [True, False]
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 31)
        assert is_written()


class TestProbesGoRound:
    @pytest.fixture(autouse=True)
    def _open(self, breaker: Breaker) -> None:
        fail(breaker, FAILURES_TO_OPEN)

    def probe(self, breaker: Breaker, redis: FakeStrictRedis, *asking: int) -> list[int]:
        """Who of them is let through in one interval, asked in this order."""
        probing = [register for register in asking if breaker.allows_call(register)]
        if probing:
            end_interval(redis)
        return probing

    def test_the_one_that_always_asks_first_does_not_take_them_all(self, breaker: Breaker, redis: FakeStrictRedis) -> None:
        probes = [self.probe(breaker, redis, SICK, WELL, THIRD) for _ in range(6)]
        assert sorted(register for probe in probes for register in probe) == [SICK, SICK, WELL, WELL, THIRD, THIRD]

    def test_the_only_one_that_asks_is_never_kept_waiting(self, breaker: Breaker, redis: FakeStrictRedis) -> None:
        assert [self.probe(breaker, redis, SICK) for _ in range(4)] == [[SICK]] * 4

    def test_one_that_does_not_come_back_holds_nobody_up(
        self, breaker: Breaker, redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.probe(breaker, redis, SICK, WELL) == [SICK]
        assert self.probe(breaker, redis, SICK) == [], "the other's turn"
        let_pass(redis, monkeypatch, ASKED_SECONDS + 1)
        assert self.probe(breaker, redis, SICK) == [SICK]

    def test_the_next_one_is_named_for_the_dispatcher(self, breaker: Breaker, redis: FakeStrictRedis) -> None:
        assert breaker.choose_prober([]) is None
        assert breaker.choose_prober([SICK, WELL]) == SICK
        self.probe(breaker, redis, SICK)
        assert breaker.choose_prober([SICK, WELL]) == WELL

    def test_without_redis_the_first_is(self, breaker: Breaker, redis_server: FakeServer) -> None:
        redis_server.connected = False
        assert breaker.choose_prober([WELL, SICK]) == WELL


class TestAgainstSomebodyInRedis:
    """He may slow calls down for as long as he is there; nothing that he leaves behind stops them."""

    @pytest.mark.parametrize("end", [None, 86_400])
    def test_a_probe_without_an_end(self, breaker: Breaker, redis: FakeStrictRedis, end: int | None) -> None:
        fail(breaker, FAILURES_TO_OPEN)
        redis.set(breaker._probe, "1", ex=end)
        assert [breaker.allows_call(SICK) for _ in range(2)] == [False, True]

    def test_registers_that_asked_in_times_to_come(self, breaker: Breaker, redis: FakeStrictRedis) -> None:
        fail(breaker, FAILURES_TO_OPEN)
        redis.zadd(breaker._asked, {"999": time.time() + 86_400})
        assert breaker.allows_call(SICK)
        end_interval(redis)
        assert breaker.allows_call(SICK)

    def test_a_register_that_was_probed_in_times_to_come(self, breaker: Breaker, redis: FakeStrictRedis) -> None:
        fail(breaker, FAILURES_TO_OPEN)
        breaker.allows_call(WELL)
        end_interval(redis)
        redis.zadd(breaker._probed, {str(SICK): time.time() + 86_400})
        assert [breaker.allows_call(SICK) for _ in range(2)] == [False, True]

    def test_an_open_breaker_that_no_failure_opened(self, breaker: Breaker, redis: FakeStrictRedis) -> None:
        redis.set(breaker._open, "1")
        assert breaker.allows_call(SICK)
        breaker.record_success(SICK)
        assert not breaker.is_open()

    def test_values_of_another_kind(self, breaker: Breaker, redis: FakeStrictRedis) -> None:
        for key in (breaker._asked, breaker._probed, breaker._heard, breaker._failing):
            redis.set(key, "x")
        redis.set(breaker._open, "1")
        assert breaker.allows_call(SICK)
