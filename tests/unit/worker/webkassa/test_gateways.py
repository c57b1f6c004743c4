"""Something answers in the register's place: an outage where a register has answered before, a wrong address elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fakeredis import FakeServer, FakeStrictRedis

from shared.config import Settings
from shared.redis_keys import gateway_words_key
from shared.wire import answer as wire_answer
from tests.unit.canned_server import AUTHORIZE, Answer, CannedServer
from tests.unit.material import make_credentials
from worker.cashbox.failures import tell_breaker
from worker.webkassa.answers import read_answer
from worker.webkassa.breaker import FAILURES_TO_OPEN, Breaker
from worker.webkassa.client import WebkassaClient
from worker.webkassa.errors import (
    Blame,
    LoginRefused,
    OutcomeUnknown,
    RegisterRefused,
    TooManyRequests,
    WebkassaError,
    WebkassaUnavailable,
)
from worker.webkassa.known_address import KnownAddress

CHECK = "/api/v4/check"
TICKET = "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"
CHECK_HISTORY = "/api/v4/Check/History"
SALE = {"CashboxUniqueNumber": "SWK00067890", "ExternalCheckNumber": "altegio_1"}
PAGE = (
    "<!DOCTYPE html><html><head><style>p {color: red}</style><title>Идут&nbsp;работы</title><!-- <p>v1</p> --></head>"
    "<p>Зайдите\n позже</p><script>let left = 'open'"
)
# What a gateway says in the register's place, and whether a wrong address or key may say it too.
GATEWAYS = [
    *((Answer(PAGE, status), True) for status in (301, 302, 303, 307, 308, 403, 404, 405)),
    *((Answer(PAGE, status), False) for status in (200, 201, 204, 500, 502, 503, 504)),
    (Answer("OK"), False),
    (Answer(""), False),
    (Answer("[]"), False),
    (Answer('{"status": "maintenance"}'), False),
]

MakeClient = Callable[..., WebkassaClient]


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        yield server


@pytest.fixture
def redis() -> FakeStrictRedis:
    return FakeStrictRedis()


@pytest.fixture
def make_client(server: CannedServer, redis: FakeStrictRedis) -> Iterator[MakeClient]:
    """A worker that has just started: what it knows is in Redis."""
    with ExitStack() as stack:

        def make(key: str = "api-key", redis: FakeStrictRedis = redis) -> WebkassaClient:
            settings = Settings(
                _env_file=None,
                webkassa_api_url=server.url,
                webkassa_api_token=key,
                webkassa_login="cashier",
                webkassa_password="pa55",
            )
            client = WebkassaClient(settings, redis, make_credentials(settings))
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> WebkassaClient:
    return make_client()


def fail_to_sell(client: WebkassaClient) -> WebkassaError:
    with pytest.raises(WebkassaError) as caught:
        client.check(SALE)
    return caught.value


# Where a register has answered.


@pytest.mark.parametrize("answer", [answer for answer, _ in GATEWAYS])
def test_an_outage(server: CannedServer, client: WebkassaClient, answer: Answer, redis: FakeStrictRedis) -> None:
    server.answer(CHECK, answer)
    error = fail_to_sell(client)
    # The call may have been passed on; the service is to blame, and no remedy of a register's code is offered.
    assert type(error) is OutcomeUnknown
    assert error.blame is Blame.SERVICE
    assert error.code in (None, "500", "502", "503", "504")
    assert error.may_still_run == (answer.status == 504)
    breaker = Breaker(redis, client.host)
    assert [tell_breaker(breaker, 1, error) for _ in range(FAILURES_TO_OPEN)][-1]


@pytest.mark.parametrize("answer", [answer for answer, _ in GATEWAYS])
def test_an_outage_at_the_login(server: CannedServer, client: WebkassaClient, answer: Answer) -> None:
    client.authorize()
    server.answer(AUTHORIZE, answer)
    error = fail_to_sell(client)
    assert type(error) is WebkassaUnavailable
    assert server.asked_at(CHECK) == []


def test_it_is_told_in_its_own_words(server: CannedServer, client: WebkassaClient, redis: FakeStrictRedis) -> None:
    server.answer(CHECK, Answer(PAGE, 404), Answer({"Data": {"CheckNumber": "7"}}))
    assert fail_to_sell(client).text == "HTTP 404 without an answer of the register: Идут работы Зайдите позже"
    assert redis.get(gateway_words_key(client.host)).decode() == "HTTP 404: Идут работы Зайдите позже"
    client.check(SALE)
    assert redis.get(gateway_words_key(client.host)) is None


def test_what_it_repeats_of_a_request_is_not_told(server: CannedServer, client: WebkassaClient) -> None:
    page = f"<p>Blocked: {'5e5510n' * 5} of +7 701 123 45 67, call " + "and " * 100
    server.answer(CHECK, Answer(page, 403))
    text = fail_to_sell(client).text
    assert "5e5510n" not in text
    assert "701" not in text
    assert len(text) < 200


def test_every_worker_knows_it(server: CannedServer, make_client: MakeClient) -> None:
    make_client().authorize()
    server.answer(AUTHORIZE, Answer(PAGE, 404))
    assert type(fail_to_sell(make_client())) is WebkassaUnavailable
    assert type(fail_to_sell(make_client(key="another"))) is RegisterRefused


def test_without_redis_each_knows_for_itself(server: CannedServer, make_client: MakeClient) -> None:
    away = FakeServer()
    away.connected = False
    client = make_client(redis=FakeStrictRedis(server=away))
    assert client.authorize() == "token-1"
    server.answer(CHECK, Answer(PAGE, 404))
    assert type(fail_to_sell(client)) is OutcomeUnknown


def test_an_emptied_redis_learns_it_again(redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    known = KnownAddress(redis, "https://api.webkassa.kz", "key")
    known.note_register()
    redis.flushall()
    known.note_register()
    assert not KnownAddress(redis, "https://api.webkassa.kz", "key").is_known()
    known._tell_again_at = 0.0
    known.note_register()
    assert KnownAddress(redis, "https://api.webkassa.kz", "key").is_known()


# Where none has.


@pytest.mark.parametrize("answer", [answer for answer, is_refusal in GATEWAYS if is_refusal])
def test_a_wrong_address_or_key_says_its_remedy(server: CannedServer, client: WebkassaClient, answer: Answer) -> None:
    server.answer(AUTHORIZE, answer)
    error = fail_to_sell(client)
    assert type(error) is RegisterRefused
    assert error.code == str(answer.status)


# What is the register's own, or clear from whomever.


@pytest.mark.parametrize("status", [404, 405])
def test_a_method_that_older_editions_lack_is_no_outage(server: CannedServer, client: WebkassaClient, status: int) -> None:
    server.answer(TICKET, Answer(PAGE, status))
    with pytest.raises(RegisterRefused):
        client.find_ticket("C", "altegio_1", 118)
    server.answer(CHECK_HISTORY, Answer(PAGE, status))
    with pytest.raises(OutcomeUnknown):
        client.find_in_history("C", "altegio_1", 118)


def test_a_refused_key_is_refused_whoever_answered_before(server: CannedServer, client: WebkassaClient) -> None:
    server.answer(CHECK, Answer("", 401))
    assert type(fail_to_sell(client)) is LoginRefused


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_may_be_this_requests_own_fault_is_no_outage(
    server: CannedServer, client: WebkassaClient, redis: FakeStrictRedis, status: int
) -> None:
    server.answer(CHECK, Answer(PAGE, status))
    error = fail_to_sell(client)
    breaker = Breaker(redis, client.host)
    assert not any(tell_breaker(breaker, 1, error) for _ in range(FAILURES_TO_OPEN))


# Answers that came at a doubtful time.


@pytest.mark.parametrize("doubt", ["is_early", "is_doubtful"])
@pytest.mark.parametrize("content", [b'{"Data": {"CheckNumber": "7"}}', b'{"Errors": [{"Code": 9}]}', b"<p>moved</p>"])
def test_what_may_be_anothers_answer_decides_nothing(redis: FakeStrictRedis, doubt: str, content: bytes) -> None:
    address = KnownAddress(redis, "https://api.webkassa.kz", "key")
    address.note_register()
    with pytest.raises(OutcomeUnknown):
        read_answer(wire_answer.Answer(200, {}, content)._replace(**{doubt: True}), address)


def test_a_gateway_may_refuse_a_request_before_it_has_left(redis: FakeStrictRedis) -> None:
    address = KnownAddress(redis, "https://api.webkassa.kz", "key")
    refusal = wire_answer.Answer(429, {"retry-after": "7"}, b"", is_early=True)
    with pytest.raises(TooManyRequests):
        read_answer(refusal, address)
    with pytest.raises(OutcomeUnknown):
        read_answer(refusal._replace(is_early=False, is_doubtful=True), address)
