"""Attacks on real processes. Those on forms, sessions and pages are in integration/acquire."""

import json
import socket

import pytest
import redis

from tests.support.operator import Operator
from tests.support.payloads import visit
from tests.support.stack import Stack

# Words of files that must never be an answer.
SECRETS_OF_FILES = ("root:x:0:0", "POSTGRES_PASSWORD", "def create_app", "[project]")


def send_raw(service: Stack, request_line: str, *headers: str) -> tuple[int, str]:
    """Bytes as they are: a client of the library would tidy the path."""
    lines = [request_line, "Host: localhost", *headers, "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", service.api_port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    text = answer.decode("utf-8", "replace")
    return int(text.split(" ", 2)[1]), text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pyproject.toml",
        "/static/../../../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/..%2f..%2f.env",
        "/static/%252e%252e/pyproject.toml",
        "/static//etc/passwd",
        "/static/acquire/../../api/main.py",
        "/static/acquire/..%5c..%5capi%5cmain.py",
        "/static/swagger/../../../../../../../../etc/passwd",
        "/static/acquire/page.css%00.py",
        "/acquire/../../etc/passwd",
        "/docs/..%2f..%2fpyproject.toml",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_no_path_leads_out_of_the_folder_of_assets(service: Stack, path: str) -> None:
    status, answer = send_raw(service, f"GET {path} HTTP/1.1")
    assert status in (303, 400, 404)
    assert [word for word in SECRETS_OF_FILES if word in answer] == []


@pytest.mark.parametrize(
    "path",
    [
        "/acquire/login?next=%0d%0aSet-Cookie:%20planted=1",
        "/acquire/x%0d%0aSet-Cookie:%20planted=1",
        "/acquire%0d%0aLocation:%20http://elsewhere",
        "/api/webhook/status/1%0d%0aX-Planted:%201",
    ],
)
def test_nothing_of_a_request_becomes_a_header_of_the_answer(service: Stack, path: str) -> None:
    _, answer = send_raw(service, f"GET {path} HTTP/1.1", "Cookie: acquire_language=ru%0d%0aX-Planted: 1")
    head = answer.partition("\r\n\r\n")[0].lower().splitlines()
    assert not [line for line in head if line.startswith(("set-cookie: planted", "x-planted", "location: http://elsewhere"))]


@pytest.mark.parametrize("claimed", ["a b", "x" * 65, "<script>", "a\tb", "é", "a;b=c"])
def test_a_request_id_that_is_none_is_replaced(service: Stack, claimed: str) -> None:
    _, answer = send_raw(service, "GET /health HTTP/1.1", f"X-Request-ID: {claimed}")
    (told,) = [line for line in answer.splitlines() if line.lower().startswith("x-request-id:")]
    assert claimed not in told


def test_a_log_line_cannot_be_forged(service: Stack) -> None:
    forged = '{"event": "receipt issued", "receipt_id": 666}'
    body = visit(8201)
    body["status"] = f"update\n{forged}"
    body["resource"] = f"record\n{forged}"
    service.post(body)
    service.post(visit(8202), headers={"User-Agent": forged})
    service.wait_for_state(8202, "processed")
    for child in service.children.values():
        assert forged not in child.log.read_text("utf-8").splitlines()


def test_filters_of_the_command_line_take_words_as_words(service: Stack) -> None:
    service.post(visit(8211))
    service.wait_for_state(8211, "processed")
    code, said = Operator(service).run("list", "--code", "' OR '1'='1", "--cashbox", "x'; DROP TABLE receipts; --", "--json")
    assert (code, json.loads(said)) == (0, [])
    assert service.status(8211)["state"] == "processed"


def test_a_message_that_is_not_plain_data_is_not_read(service: Stack) -> None:
    """Whoever can write to Redis can make a worker do its work once more, and nothing else."""
    pickled = {"body": "gASVAAAAAAAAAAAu", "content-type": "application/x-python-serialize", "content-encoding": "binary"}
    properties = {
        "delivery_tag": "1",
        "delivery_info": {"exchange": "records", "routing_key": "records"},
        "body_encoding": "base64",
    }
    headers = {"task": "worker.tasks.process_record", "id": "1", "lang": "py"}
    message = json.dumps({**pickled, "headers": headers, "properties": properties})
    with redis.Redis.from_url(service.environment["REDIS_URL"]) as broker:
        broker.lpush("records", message)
    service.post(visit(8221))
    service.wait_for_state(8221, "processed")
    assert service.children["worker"].running
