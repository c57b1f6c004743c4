"""Who may post, asked over HTTP at the webhook's own door."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import Message

from api.main import create_app
from api.webhook.endpoint import WebhookDoor, is_webhook
from api.webhook.envelopes import Arrival
from api.webhook.salon_limit import SalonLimit
from api.webhook.security import MAX_BODY_BYTES, Doorman
from api.webhook.store.batch_writer import GroupWriter
from api.webhook.store.batches import Stored
from shared.config import Settings
from shared.salon.webhook_secret import SalonSecret, make_webhook_secret
from tests.support.apart import run_apart
from tests.support.payloads import visit

BODY = json.dumps(visit(1), ensure_ascii=False).encode()
SECRET, OTHER = "n3w-secret", "0ld-secret"
KEYS = ("new key", "old key")
OWN, NEXT = SalonSecret(307626, 1), SalonSecret(307626, 2)


class Shelf:
    """Takes whatever passed the door."""

    async def store(self, arrivals: Sequence[Arrival], request_id: str) -> list[Stored]:
        return [Stored(number, "received", is_new=True) for number, _ in enumerate(arrivals, 1)]


def make_door(secrets: str, *, debug: bool = False, ended: tuple[SalonSecret, ...] = ()) -> WebhookDoor:
    settings = Settings(_env_file=None, altegio_webhook_secret=secrets, debug=debug)
    doorman = Doorman(
        settings.webhook_secrets, open_to_all=settings.debug, keys=KEYS, is_in_force=lambda salon: salon not in ended
    )
    return WebhookDoor(doorman, cast("GroupWriter", Shelf()), SalonLimit(0))


def make_client(secrets: str, *, debug: bool = False, ended: tuple[SalonSecret, ...] = ()) -> TestClient:
    return TestClient(make_door(secrets, debug=debug, ended=ended))


@pytest.fixture
def client() -> TestClient:
    return make_client(f"{SECRET}, {OTHER}")


def sign(secret: str, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_either_secret_in_the_path_opens(client: TestClient, secret: str) -> None:
    answer = client.post(f"/api/webhook/{secret}", content=BODY)
    assert (answer.status_code, answer.json()["record_id"]) == (200, 1)


@pytest.mark.parametrize("path", ["/api/webhook/{}/", "/api/webhook//{}", "//api//webhook/{}//"])
def test_a_slash_too_many_is_no_other_address(client: TestClient, path: str) -> None:
    assert client.post(f"http://testserver{path.format(SECRET)}", content=BODY).status_code == 200
    assert client.post(f"http://testserver{path.format('wrong')}", content=BODY).status_code == 401


@pytest.mark.parametrize("secret", [SECRET, OTHER])
@pytest.mark.parametrize("spelling", ["{}", "sha256={}", " {} "])
@pytest.mark.parametrize("upper", [False, True])
def test_a_signature_of_the_raw_body_opens(client: TestClient, secret: str, spelling: str, upper: bool) -> None:
    digest = sign(secret).upper() if upper else sign(secret)
    answer = client.post("/api/webhook", content=BODY, headers={"X-Altegio-Signature": spelling.format(digest)})
    assert answer.status_code == 200


def test_a_right_signature_makes_up_for_a_wrong_path(client: TestClient) -> None:
    answer = client.post("/api/webhook/wrong", content=BODY, headers={"X-Altegio-Signature": sign(SECRET)})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/webhook", id="none"),
        pytest.param("/api/webhook/wrong", id="wrong"),
        pytest.param(f"/api/webhook/{SECRET}x", id="longer"),
        pytest.param(f"/api/webhook/{SECRET[:-1]}", id="shorter"),
        pytest.param(f"/api/webhook/{SECRET.upper()}", id="other-case"),
        pytest.param(f"/api/webhook/{SECRET},{OTHER}", id="both-at-once"),
        pytest.param("/api/webhook/%20", id="blank"),
        pytest.param("/api/webhook/%D1%84%D1%87", id="not-ascii"),
        pytest.param(f"/api/webhook?secret={SECRET}", id="query-strings-land-in-logs"),
    ],
)
def test_a_wrong_path_is_refused(client: TestClient, path: str) -> None:
    assert client.post(path, content=BODY).status_code == 401


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(sign("wrong"), id="other-secret"),
        pytest.param(sign(SECRET, BODY + b" "), id="other-body"),
        pytest.param(sign(SECRET)[:-1], id="shorter"),
        pytest.param("", id="empty"),
        pytest.param("sha256=", id="only-the-prefix"),
        pytest.param(SECRET, id="the-secret-itself"),
        pytest.param("ф".encode(), id="not-ascii"),
    ],
)
def test_a_wrong_signature_is_refused(client: TestClient, signature: str | bytes) -> None:
    assert client.post("/api/webhook", content=BODY, headers={b"X-Altegio-Signature": signature}).status_code == 401


@pytest.mark.parametrize("secrets", ["", " , "])
@pytest.mark.parametrize(("debug", "status"), [(False, 401), (True, 200)])
def test_without_any_secret_only_debug_is_open(secrets: str, debug: bool, status: int) -> None:
    client = make_client(secrets, debug=debug)
    for path in ("/api/webhook", "/api/webhook/anything", "/api/webhook/%20"):
        assert client.post(path, content=BODY).status_code == status


def test_debug_does_not_open_what_has_a_secret() -> None:
    assert make_client(SECRET, debug=True).post("/api/webhook", content=BODY).status_code == 401


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)])
@pytest.mark.parametrize("declared", [True, False])
def test_size_is_capped_declared_or_not(client: TestClient, size: int, status: int, declared: bool) -> None:
    body = b" " * (size - len(BODY)) + BODY
    content = body if declared else iter([body[:1000], body[1000:]])
    assert client.post(f"/api/webhook/{SECRET}", content=content).status_code == status


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_the_content_type_does_not_matter(client: TestClient, kind: str) -> None:
    answer = client.post(f"/api/webhook/{SECRET}", content=BODY, headers={"Content-Type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "is_ours"),
    [
        ("POST", "/api/webhook", True),
        ("POST", "/api/webhook/s3cret", True),
        ("POST", "/api/webhook/status", True),
        ("GET", "/api/webhook", False),
        ("POST", "/api/webhook/", True),
        ("POST", "//api/webhook", True),
        ("POST", "/api//webhook//s3cret/", True),
        ("POST", "/api/webhook/status/5/", False),
        ("POST", "/api/webhook/status/5", False),
        ("POST", "/api/webhooks", False),
        ("POST", "/acquire/login", False),
    ],
)
def test_the_door_takes_webhooks_and_nothing_else(method: str, path: str, is_ours: bool) -> None:
    assert is_webhook({"type": "http", "method": method, "path": path}) is is_ours


def test_every_answer_carries_its_number_and_the_headers_of_every_page(client: TestClient) -> None:
    for path in (f"/api/webhook/{SECRET}", "/api/webhook/wrong"):
        headers = client.post(path, content=BODY, headers={"X-Request-ID": "from-nginx.1"}).headers
        assert headers["x-request-id"] == "from-nginx.1"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("given", ["", "with space", "a" * 65, "line\tbreak"])
def test_a_number_that_must_not_stand_in_a_log_is_replaced(client: TestClient, given: str) -> None:
    answer = client.post(f"/api/webhook/{SECRET}", content=BODY, headers={"X-Request-ID": given})
    assert len(answer.headers["x-request-id"]) == 32


def test_under_another_path_the_framework_leads_to_the_same_door() -> None:
    bridge = create_app(Settings(_env_file=None))
    bridge.state.door = WebhookDoor(Doorman((SECRET,), open_to_all=False), cast("GroupWriter", Shelf()), SalonLimit(0))
    client = TestClient(Starlette(routes=[Mount("/bridge", app=bridge)]))
    taken = client.post(f"/bridge/api/webhook/{SECRET}", content=BODY)
    refused = client.post("/bridge/api/webhook/wrong", content=BODY)
    assert (taken.status_code, taken.json()["record_id"], refused.status_code) == (200, 1, 401)


class TestSecretsOfSalons:
    @pytest.mark.parametrize("key", KEYS)
    @pytest.mark.parametrize("salon", [OWN, NEXT])
    def test_each_opens_its_salons_webhooks(self, client: TestClient, key: str, salon: SalonSecret) -> None:
        answer = client.post(f"/api/webhook/{make_webhook_secret(key, salon)}", content=BODY)
        assert (answer.status_code, answer.json()["record_id"]) == (200, 1)

    def test_one_that_was_rotated_out_is_wrong(self) -> None:
        client = make_client(SECRET, ended=(OWN,))
        codes = [client.post(f"/api/webhook/{make_webhook_secret(KEYS[0], one)}", content=BODY) for one in (OWN, NEXT)]
        assert [answer.status_code for answer in codes] == [401, 200]

    @pytest.mark.parametrize("has_ours", [False, True])
    def test_another_salons_webhooks_are_refused_whole(self, client: TestClient, has_ours: bool) -> None:
        foreign = visit(2) | {"company_id": 999}
        body = [visit(1), foreign] if has_ours else foreign
        answer = client.post(f"/api/webhook/{make_webhook_secret(KEYS[0], OWN)}", json=body)
        assert (answer.status_code, answer.json()["record_id"]) == (401, None)
        assert "company 307626 alone" in answer.json()["message"]

    @pytest.mark.parametrize(
        "secret",
        [
            pytest.param(make_webhook_secret("guess", OWN), id="another-key"),
            pytest.param(make_webhook_secret(KEYS[0], OWN).replace("307626", "307627"), id="another-salon"),
            pytest.param(make_webhook_secret(KEYS[0], OWN).replace("-1-", "-2-"), id="another-generation"),
            pytest.param(make_webhook_secret(KEYS[0], OWN).upper(), id="another-case"),
            pytest.param(make_webhook_secret(KEYS[0], OWN)[:-1], id="shorter"),
            pytest.param("307626-1-", id="no-mac"),
            pytest.param("0307626" + make_webhook_secret(KEYS[0], OWN)[6:], id="another-spelling"),
        ],
    )
    def test_nobody_else_can_make_one(self, client: TestClient, secret: str) -> None:
        assert client.post(f"/api/webhook/{secret}", content=BODY).status_code == 401

    def test_it_signs_no_body(self, client: TestClient) -> None:
        """A signature does not say whose it is; the address does."""
        signature = sign(make_webhook_secret(KEYS[0], OWN))
        assert client.post("/api/webhook", content=BODY, headers={"X-Altegio-Signature": signature}).status_code == 401


def test_nobody_is_listened_to_without_a_secret() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    async def send(message: Message) -> None:
        sent.append(message)

    run_apart(make_door(SECRET)({"type": "http", "path": "/api/webhook/wrong", "headers": []}, receive, send))
    assert sent[0]["status"] == 401
    # What was not read cannot be told from the next request.
    assert (b"connection", b"close") in sent[0]["headers"]
