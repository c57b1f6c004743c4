"""Who may post, asked over a small application."""

import hashlib
import hmac
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient

from api.webhook.security import MAX_BODY_BYTES, BadSecret, BodyTooLarge, read_verified_body
from shared.config import Settings

BODY = '{"comment": "Стрижка"}'.encode()
SECRET, OTHER = "n3w-secret", "0ld-secret"


def make_client(secrets: str, *, debug: bool = False) -> TestClient:
    app = FastAPI()
    app.state.settings = Settings(_env_file=None, altegio_webhook_secret=secrets, debug=debug)

    @app.post("/api/webhook")
    @app.post("/api/webhook/{secret}")
    async def receive(request: Request) -> int:
        return len(await read_verified_body(request))

    @app.exception_handler(BadSecret)
    @app.exception_handler(BodyTooLarge)
    async def refuse(_: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("no", 401 if isinstance(error, BadSecret) else 413)

    return TestClient(app)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with make_client(f"{SECRET}, {OTHER}") as client:
        yield client


def sign(secret: str, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_either_secret_in_the_path_opens(client: TestClient, secret: str) -> None:
    assert client.post(f"/api/webhook/{secret}", content=BODY).json() == len(BODY)


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
    with make_client(secrets, debug=debug) as client:
        for path in ("/api/webhook", "/api/webhook/anything", "/api/webhook/%20"):
            assert client.post(path, content=BODY).status_code == status


def test_debug_does_not_open_what_has_a_secret() -> None:
    with make_client(SECRET, debug=True) as client:
        assert client.post("/api/webhook", content=BODY).status_code == 401


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)])
@pytest.mark.parametrize("declared", [True, False])
def test_size_is_capped_declared_or_not(client: TestClient, size: int, status: int, declared: bool) -> None:
    body = b" " * size
    content = body if declared else iter([body[:1000], body[1000:]])
    assert client.post(f"/api/webhook/{SECRET}", content=content).status_code == status


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_the_content_type_does_not_matter(client: TestClient, kind: str) -> None:
    answer = client.post(f"/api/webhook/{SECRET}", content=BODY, headers={"Content-Type": kind})
    assert answer.json() == len(BODY)
