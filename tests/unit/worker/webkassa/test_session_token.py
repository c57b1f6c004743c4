"""One session for all workers."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakeredis import FakeServer, FakeStrictRedis

from shared.redis_keys import PREFIX
from shared.storage.token_seal import TokenSeal
from worker.webkassa.errors import LoginRefused, WebkassaUnavailable
from worker.webkassa.session_token import (
    ENDED_TO_TELL,
    ENDED_WITHIN_SECONDS,
    REMEMBER_SECONDS,
    TOKEN_SECONDS,
    SessionToken,
    find_shared_logins,
)


class Register:
    """Counts logins; `failure` is raised instead of a token while it is set."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.logins = 0
        self.failure = failure
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.logins += 1
            if self.failure:
                raise self.failure
            return f"token-{self.logins}"


@pytest.fixture
def redis_server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def make(redis_server: FakeServer) -> Callable[..., SessionToken]:
    """Each one is a process of its own with the same Redis."""

    def make(authorize: Register, password: str = "pass", login: str = "cashier") -> SessionToken:
        seal = TokenSeal("a key of the environment", "https://w.test", login, password)
        return SessionToken(FakeStrictRedis(server=redis_server), seal, authorize)

    return make


Make = Callable[..., SessionToken]


def test_one_login_serves_every_process(make: Make) -> None:
    register = Register()
    assert [make(register).get() for _ in range(5)] == ["token-1"] * 5
    assert register.logins == 1


def test_a_stale_token_is_renewed_once_for_all(make: Make) -> None:
    register = Register()
    tokens = [make(register) for _ in range(3)]
    stale = tokens[0].get()
    assert [token.renew(stale) for token in tokens] == ["token-2"] * 3
    assert register.logins == 2


def test_threads_of_many_processes_log_in_once(make: Make) -> None:
    register = Register()
    tokens = [make(register) for _ in range(4)]
    start = threading.Barrier(16)

    def ask(number: int) -> str:
        start.wait()
        return tokens[number % 4].get()

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {"token-1"}
    assert register.logins == 1


def test_a_refused_login_is_not_tried_again_at_once(make: Make) -> None:
    register = Register(LoginRefused("Неверный логин и/или пароль", code=1))
    for _ in range(3):
        with pytest.raises(LoginRefused) as caught:
            make(register).get()
        assert caught.value.code == "1"
    assert register.logins == 1


def test_a_new_password_is_tried_at_once(make: Make) -> None:
    with pytest.raises(LoginRefused):
        make(Register(LoginRefused("no", code=1)), "wrong").get()
    assert make(Register(), "right").get() == "token-1"


def test_another_cashier_has_another_session(make: Make) -> None:
    register = Register()
    assert [make(register, login=login).get() for login in ("a", "b", "a")] == ["token-1", "token-2", "token-1"]


def test_an_outage_is_no_refusal(make: Make) -> None:
    register = Register(WebkassaUnavailable("cannot be reached"))
    token = make(register)
    with pytest.raises(WebkassaUnavailable):
        token.get()
    register.failure = None
    assert token.get() == "token-2"


def test_the_password_is_not_written_to_redis(make: Make, redis_server: FakeServer) -> None:
    make(Register(), "pa55word").get()
    redis = FakeStrictRedis(server=redis_server)
    for key in redis.keys("*"):
        assert b"pa55word" not in key + (redis.get(key) or b"")


class TestAgainstSomebodyInRedis:
    @pytest.fixture
    def redis(self, redis_server: FakeServer) -> FakeStrictRedis:
        return FakeStrictRedis(server=redis_server)

    def test_neither_token_nor_refusal_can_be_read(self, make: Make, redis: FakeStrictRedis) -> None:
        make(Register()).get()
        with pytest.raises(LoginRefused):
            make(Register(LoginRefused("wrong password", code="77")), "wrong").get()
        values = [redis.get(key) or b"" for key in redis.keys("*")]
        assert len(values) == 2
        assert [value for value in values if b"token-1" in value or value == b"77"] == []

    def test_the_name_of_a_login_does_not_let_passwords_be_tried(self) -> None:
        """Without the environment's secret the name says nothing of the password."""
        names = {TokenSeal(secret, "https://w.test", "cashier", "pass").name for secret in ("one", "another")}
        assert len(names) == 2

    @pytest.mark.parametrize("planted", ["token-of-mine", "", "gAAAAA", "é".encode("latin-1")])
    def test_a_planted_token_is_none(self, make: Make, redis: FakeStrictRedis, planted: str | bytes) -> None:
        make(Register()).get()
        (key,) = redis.keys("*")
        redis.set(key, planted)
        assert make(Register()).get() == "token-1"
        assert redis.get(key) != planted

    def test_a_token_of_another_login_is_none(self, make: Make, redis: FakeStrictRedis) -> None:
        other = Register()
        other.logins = 6
        make(other, login="somebody").get()
        (theirs,) = redis.keys("*")
        make(Register()).get()
        (ours,) = set(redis.keys("*")) - {theirs}
        redis.copy(theirs, ours, replace=True)
        register = Register()
        register.logins = 1
        assert make(register).get() == "token-2"

    def test_a_token_of_yesterday_is_none(self, make: Make, redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch) -> None:
        """Though somebody took its end away."""
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now - TOKEN_SECONDS - 1)
        make(Register()).get()
        (key,) = redis.keys("*")
        redis.persist(key)
        monkeypatch.undo()
        register = Register()
        register.logins = 1
        assert make(register).get() == "token-2"

    def test_a_planted_refusal_stops_no_login(self, make: Make, redis: FakeStrictRedis) -> None:
        with pytest.raises(LoginRefused):
            make(Register(LoginRefused("wrong password", code="1"))).get()
        (key,) = redis.keys("*")
        redis.set(key, "1")
        assert make(Register()).get() == "token-1"


def test_the_shared_token_ends_before_the_vendors_24_hours(make: Make, redis_server: FakeServer) -> None:
    make(Register()).get()
    redis = FakeStrictRedis(server=redis_server)
    assert [0 < redis.ttl(key) < 24 * 3600 for key in redis.keys("*")] == [True]


def test_without_redis_every_process_logs_in_for_itself(make: Make, redis_server: FakeServer) -> None:
    register = Register()
    first, second = make(register), make(register)
    redis_server.connected = False
    assert [first.get(), first.get(), second.get(), second.get()] == ["token-1", "token-1", "token-2", "token-2"]
    assert first.renew("token-1") == "token-3"


def test_a_wiped_redis_costs_one_login(make: Make, redis_server: FakeServer) -> None:
    """Of the next process to ask; who remembers the first token uses it for as long as it is good."""
    register = Register()
    first, second = make(register), make(register)
    first.get()
    FakeStrictRedis(server=redis_server).flushall()
    assert [second.get(), second.get(), first.get()] == ["token-2", "token-2", "token-1"]
    assert first.renew("token-1") == first.get() == "token-2"


def test_a_remembered_token_is_compared_with_the_shared_one_now_and_then(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = Register()
    first, second = make(register), make(register)
    first.get()
    second.renew("token-1")
    assert first.get() == "token-1"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + REMEMBER_SECONDS + 1)
    assert first.get() == "token-2"


class TestAnotherProgramWithTheSameLogin:
    @staticmethod
    def end(token: SessionToken, times: int) -> None:
        for _ in range(times):
            token.renew(token.get(), "SWK00000001")

    @pytest.fixture
    def redis(self, redis_server: FakeServer) -> FakeStrictRedis:
        return FakeStrictRedis(server=redis_server)

    def test_sessions_that_end_again_and_again_are_told_of(self, make: Make, redis: FakeStrictRedis) -> None:
        token = make(Register())
        self.end(token, ENDED_TO_TELL - 1)
        assert find_shared_logins(redis) == []
        self.end(token, 1)
        assert find_shared_logins(redis) == ["SWK00000001"]

    def test_what_lies_longer_back_is_not(self, make: Make, redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.end(make(Register()), ENDED_TO_TELL)
        later = time.time() + ENDED_WITHIN_SECONDS + 1
        monkeypatch.setattr(time, "time", lambda: later)
        assert find_shared_logins(redis) == []

    def test_one_end_met_by_many_workers_is_one(self, make: Make, redis: FakeStrictRedis) -> None:
        tokens = [make(Register()) for _ in range(5)]
        stale = tokens[0].get()
        for token in tokens:
            token.renew(stale, "SWK00000001")
        assert find_shared_logins(redis) == []

    def test_a_login_by_hand_is_no_end(self, make: Make, redis: FakeStrictRedis) -> None:
        token = make(Register())
        for _ in range(ENDED_TO_TELL):
            token.renew_at_once()
        assert find_shared_logins(redis) == []

    def test_counts_are_forgotten_in_time(self, make: Make, redis: FakeStrictRedis) -> None:
        self.end(make(Register()), 1)
        assert all(redis.ttl(key) > 0 for key in redis.keys(f"{PREFIX}webkassa:ended:*"))
