"""The service as a stranger meets it: real processes, HTTP from outside, the simulator's ledger as the judge."""

import hashlib
import hmac
import http.client
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
import requests

from dev.demo.state import LOGIN, Secrets
from dev.harness.simulator import SimulatorControl
from shared.redis_keys import PREFIX
from shared.salon.webhook_secret import SalonSecret, make_webhook_secret
from shared.storage.token_seal import TokenSeal
from tests.support.payloads import SAMPLE, envelope, goods, payment, visit
from tests.support.stack import Stack
from worker.webkassa.session_token import TOKEN_SECONDS

MIB = 1024 * 1024


@pytest.fixture
def ledger(simulator_process: SimulatorControl) -> SimulatorControl:
    """Not emptied between the tests of this file."""
    return simulator_process


def assert_clear_refusal(response: requests.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text[:300]
    body: dict[str, Any] = response.json()
    assert body["success"] is False
    assert body["message"]
    return body


def await_receipt(service: Stack, record_id: int) -> dict[str, Any]:
    status = service.wait_for_state(record_id, "processed")
    assert status["receipt"]["state"] == "issued"
    return dict(status["receipt"])


class TestReceipt:
    def test_the_sample_visit(self, service: Stack, ledger: SimulatorControl) -> None:
        answer = service.post(SAMPLE)
        assert answer.status_code == 200
        told = answer.json()
        assert told["status_url"].startswith(f"/api/webhook/status/{told['record_id']}?proof=")
        assert told == {"success": True, "message": "stored"} | {name: told[name] for name in ("record_id", "status_url")}
        receipt = await_receipt(service, answer.json()["record_id"])
        assert receipt["total"] == "4000.00"
        theirs = ledger.receipts("altegio_596792978")
        assert [item["total"] for item in theirs] == ["4000.00"]
        assert theirs[0]["check_number"] == receipt["fiscal_number"]

    def test_the_status_tells_what_the_contract_says_and_nothing_personal(self, service: Stack) -> None:
        record_id = service.post(SAMPLE).json()["record_id"]
        await_receipt(service, record_id)
        by_our_id, by_theirs = service.status(record_id), service.status(596792978)
        assert by_our_id == by_theirs
        assert set(by_our_id) == {
            "id",
            "company_id",
            "resource",
            "resource_id",
            "status",
            "processed",
            "state",
            "reason",
            "created_at",
            "processed_at",
            "receipt",
        }
        assert set(by_our_id["receipt"]) == {
            "state",
            "external_check_number",
            "fiscal_number",
            "receipt_url",
            "total",
            "attempts",
            "issued_at",
        }
        assert by_our_id["processed"] is True
        assert (by_our_id["company_id"], by_our_id["resource"], by_our_id["status"]) == (307626, "record", "update")
        text = json.dumps(by_our_id, ensure_ascii=False)
        assert not [word for word in ("Вячослав", "77770220606", "фч", "Стрижка") if word in text]

    def test_twenty_identical_posts_at_once(self, service: Stack, ledger: SimulatorControl) -> None:
        body = visit(2001)
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: service.post(body), range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["record_id"] for answer in answers}) == 1
        assert sum(answer.json()["message"] == "stored" for answer in answers) == 1
        await_receipt(service, 2001)
        assert len(ledger.receipts("altegio_2001")) == 1

    def test_a_list_with_a_bad_neighbour(self, service: Stack, ledger: SimulatorControl) -> None:
        answer = service.post([visit(2011), visit(2012, cost="abc"), visit(2013)])
        assert answer.status_code == 200
        results = answer.json()["results"]
        assert [item["success"] for item in results] == [True, False, True]
        assert results[1]["field"] == "data.services.0.cost"
        for record_id in (2011, 2013):
            await_receipt(service, record_id)
        assert service.status(2012)["state"] == "invalid"
        assert ledger.receipts("altegio_2012") == []

    def test_a_thousand_envelopes(self, service: Stack, ledger: SimulatorControl) -> None:
        """Few of them are visits that are due, so that this is about taking them."""
        bodies = [visit(number) for number in range(10_000, 11_000)]
        for body in bodies[:-3]:
            body["resource"] = "loyalty_card"
        answer = service.post(bodies, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["message"] == "1000 of 1000 taken"
        for number in range(10_997, 11_000):
            await_receipt(service, number)
        assert service.status(10_500)["state"] == "ignored"
        assert ledger.receipts("altegio_10500") == []

    def test_goods_and_payments_of_several_webhooks(self, service: Stack, ledger: SimulatorControl) -> None:
        for body in (goods(2021, 1000, document_id=2020), goods(2022, 500, document_id=2020, title="Лак")):
            assert service.post(body).status_code == 200
        service.post(payment(2031, 4000, record_id=2030))
        service.post(payment(2032, 1500, record_id=0, document_id=2020, sold_item_type="goods_transaction"))
        for number in (2031, 2032):
            service.wait_for_state(number, "processed")
        service.post(visit(2030))
        for number in (2021, 2022, 2030):
            await_receipt(service, number)
        (goods_receipt,) = ledger.receipts("altegio_goods_2020")
        assert (goods_receipt["total"], goods_receipt["payments"]) == ("1500.00", [{"type": 0, "sum": "1500.00"}])
        assert ledger.receipts("altegio_2030")[0]["payments"] == [{"type": 0, "sum": "4000.00"}]


class TestDoor:
    @pytest.mark.parametrize("path", ["/api/webhook", "/api/webhook/anything"])
    def test_the_address_probe(self, service: Stack, path: str) -> None:
        answer = service.get(path)
        assert (answer.status_code, answer.json()["success"]) == (200, True)

    @pytest.mark.parametrize("secret", ["", "wrong", "%00", "Ж", "a" * 2000, "..%2f", "status"])
    def test_a_wrong_secret(self, service: Stack, secret: str) -> None:
        assert_clear_refusal(service.post(visit(2101), secret=secret), 401)
        assert service.get("/api/webhook/status/2101").status_code == 404

    def test_a_signature_instead_of_the_secret(self, service: Stack, secrets: Secrets) -> None:
        raw = json.dumps(visit(2102)).encode()
        right = hmac.new(secrets.webhook.encode(), raw, hashlib.sha256).hexdigest()
        wrong = hmac.new(b"guess", raw, hashlib.sha256).hexdigest()
        for value in (wrong, right[:-1], "ж".encode().decode("latin-1"), ""):
            answer = service.post(raw, secret="", headers={"X-Altegio-Signature": value})
            assert_clear_refusal(answer, 401)
        answer = service.post(raw, secret="", headers={"X-Altegio-Signature": right})
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "raw",
        [b"", b"{", b"not json", b"\xff\xfe\x00", b"[" * 100_000, b"NaN", b'{"a": Infinity}', b" " * MIB, b"1" * 5000],
        ids=["empty", "cut", "words", "bytes", "deep", "nan", "infinity", "mebibyte of spaces", "digits"],
    )
    def test_no_json(self, service: Stack, raw: bytes) -> None:
        assert_clear_refusal(service.post(raw), 400)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"company_id": None}, "company_id"),
            ({"company_id": "x"}, "company_id"),
            ({"resource_id": 10**400}, "resource_id"),
            ({"resource_id": 0}, "resource_id"),
            ({"resource": "x" * 65}, "resource"),
            ({"resource": "a\x00"}, "resource"),
            ({"status": {}}, "status"),
            ({"data": "text"}, "data"),
        ],
    )
    def test_a_bad_envelope_names_its_field(self, service: Stack, changes: dict[str, Any], field: str) -> None:
        body = assert_clear_refusal(service.post({**visit(2103), **changes}), 422)
        assert body["field"] == field
        assert body["message"].startswith(field)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"services": [{"title": "a", "cost": "abc"}]}, "data.services.0.cost"),
            ({"services": [{"title": "a", "cost": 10**400}]}, "data.services.0.cost"),
            ({"services": [{"title": "a", "cost": []}, {"cost": {}}]}, "data.services.1.cost"),
            ({"services": 5}, "data.services"),
            ({"comment": "NUL \x00"}, "data.comment"),
            ({"client": {"name": "\ud800"}}, "data.client.name"),
            ({"paid_full": "maybe"}, "data.paid_full"),
            ({"date": "yesterday"}, "data.date"),
        ],
    )
    def test_a_bad_record_names_its_field(self, service: Stack, changes: dict[str, Any], field: str) -> None:
        raw = json.dumps(visit(2104, **changes)).encode()
        body = assert_clear_refusal(service.post(raw), 422)
        assert body["field"] == field
        status = service.status(body["record_id"])
        assert status["state"] == "invalid"
        assert status["reason"].startswith(field)

    def test_a_number_without_bounds(self, service: Stack) -> None:
        raw = json.dumps(visit(2105)).encode().replace(b'"cost": 4000', b'"cost": 1e999999999')
        assert assert_clear_refusal(service.post(raw), 422)["field"] == "data.services.0.cost"

    def test_a_body_over_a_mebibyte(self, service: Stack) -> None:
        assert_clear_refusal(service.post(b" " * (MIB + 1)), 413)
        assert_clear_refusal(service.post(json.dumps(visit(2106, comment="x" * MIB)).encode()), 413)

    def test_chunked_bodies(self, service: Stack, secrets: Secrets) -> None:
        path = f"/api/webhook/{secrets.webhook}"
        assert send_chunks(service, path, iter([json.dumps(visit(2107)).encode()]))[0] == 200
        status, body = send_chunks(service, path, iter([b" " * 65_536] * 17))
        assert (status, body["success"]) == (413, False)
        await_receipt(service, 2107)

    @pytest.mark.parametrize(
        ("number", "content_type"),
        [
            (2201, None),
            (2202, ""),
            (2203, "text/plain"),
            (2204, "application/x-www-form-urlencoded"),
            (2205, "multipart/form-data; boundary=x"),
        ],
    )
    def test_the_content_type_does_not_matter(self, service: Stack, number: int, content_type: str | None) -> None:
        # None takes the header away.
        answer = service.post(visit(number), headers={"Content-Type": content_type})  # type: ignore[dict-item]
        assert answer.status_code == 200
        await_receipt(service, number)

    @pytest.mark.parametrize("number", ["0", "-1", "abc", "9" * 30, "1.5", "%00"])
    def test_a_bad_number_in_the_status_address(self, service: Stack, number: str) -> None:
        assert service.get(f"/api/webhook/status/{number}").status_code == 422

    @pytest.mark.parametrize("number", [1_999_999_999, 2**63 - 1])
    def test_an_unknown_number(self, service: Stack, number: int) -> None:
        assert_clear_refusal(service.get(f"/api/webhook/status/{number}"), 404)

    def test_a_stranger_learns_no_more_than_the_state(self, service: Stack, secrets: Secrets) -> None:
        posted = service.post(visit(2301)).json()
        await_receipt(service, 2301)
        status = service.status(2301)
        assert {"reason", "receipt", "company_id"} <= status.keys()
        brief = {name: status[name] for name in ("id", "processed", "state")}
        number, other = posted["record_id"], service.post(visit(2302)).json()
        foreign = make_webhook_secret(secrets.application_key, SalonSecret(999, 1))
        for path, headers in (
            (f"{number}", {}),
            ("2301", {}),
            ("2301?resource=record", {"X-Webhook-Secret": "guess"}),
            ("2301", {"X-Webhook-Secret": foreign}),
            (f"{number}?{other['status_url'].partition('?')[2]}", {}),
            (f"{number}?proof=%00", {}),
        ):
            assert service.get(f"/api/webhook/status/{path}", headers=headers).json() == brief, path

    def test_who_posted_it_learns_all(self, service: Stack, secrets: Secrets) -> None:
        posted = service.post(visit(2303)).json()
        await_receipt(service, 2303)
        status = service.status(2303)
        own = make_webhook_secret(secrets.application_key, SalonSecret(visit(2303)["company_id"], 1))
        assert service.get(posted["status_url"]).json() == status
        assert service.post(visit(2303)).json()["status_url"] == posted["status_url"]
        for path in ("2303", str(posted["record_id"])):
            assert service.get(f"/api/webhook/status/{path}", headers={"X-Webhook-Secret": own}).json() == status

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_other_methods(self, service: Stack, method: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.api_port, timeout=10)
        connection.request(method, "/api/webhook")
        assert connection.getresponse().status == 405
        connection.close()


class TestAround:
    def test_health(self, service: Stack) -> None:
        assert service.get("/health").json() == {"status": "ok"}
        ready = service.get("/health/ready")
        assert ready.status_code == 200
        assert {**ready.json(), "oldest_open_row_seconds": None} == {
            "status": "ok",
            "database": "ok",
            "broker": "ok",
            "oldest_open_row_seconds": None,
        }

    def test_metrics(self, service: Stack) -> None:
        service.post(visit(2301))
        service.post(visit(2301))
        text = service.get("/metrics").text
        assert 'webhooks_total{outcome="received",resource="record"}' in text
        assert 'webhooks_total{outcome="duplicate",resource="record"}' in text
        assert "webhook_seconds_bucket" in text
        assert re.search(r"^dead_letters \d", text, re.MULTILINE)
        assert re.search(r"^oldest_open_row_seconds \d", text, re.MULTILINE)

    def test_the_documentation_loads_nothing_from_elsewhere(self, service: Stack) -> None:
        page = service.get("/docs")
        assert page.status_code == 200
        assets = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page.text)
        assert assets
        assert not [address for address in assets if address.startswith(("http", "//"))]
        for address in assets:
            loaded = service.get(address)
            assert (loaded.status_code, bool(loaded.content)) == (200, True), address
        # With this policy a browser refuses inline scripts and foreign hosts.
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", page.text)

    def test_the_openapi(self, service: Stack) -> None:
        schema = service.get("/openapi.json").json()
        assert schema["openapi"].startswith("3.")
        operations = [(path, method) for path, item in schema["paths"].items() for method in item]
        assert ("/api/webhook", "post") in operations
        assert ("/api/webhook/status/{id}", "get") in operations
        ids = [op["operationId"] for item in schema["paths"].values() for op in item.values()]
        assert len(ids) == len(set(ids))
        for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(schema)):
            target: Any = schema
            for part in reference.split("/"):
                target = target[part]
        for path, method in operations:
            declared = {p["name"] for p in schema["paths"][path][method].get("parameters", []) if p["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path)), path

    def test_the_examples_of_the_documentation_work(self, service: Stack) -> None:
        schema = service.get("/openapi.json").json()
        examples = schema["paths"]["/api/webhook"]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            assert service.post(example["value"]).status_code == 200

    def test_each_queue_but_the_dead_letters_is_consumed(self, service: Stack) -> None:
        answer = service.post(visit(2401, cost=-5))
        assert answer.status_code == 200
        service.wait_for_state(2401, "dead_lettered")
        with connect_broker(service) as broker:
            service.wait_for(lambda: broker.llen("dead_letter"), what="the dead letter")
            service.post(visit(2402))
            await_receipt(service, 2402)
            for queue in ("records", "receipts", "maintenance"):
                service.wait_for(lambda q=queue: not broker.llen(q), what=f"{queue} to be empty")
            assert broker.llen("dead_letter") >= 1
        said = service.children["worker"].log.read_text("utf-8")
        queues = re.findall(r"\.> (\w+) +exchange=", said)
        assert set(queues) == {"records", "receipts", "maintenance"}

    def test_nothing_secret_or_personal_is_written_anywhere(self, service: Stack, secrets: Secrets) -> None:
        """Runs last: the logs hold what all the tests above did."""
        name, phone = "Небывальщина", "+7 (701) 555-01-42"
        client = {"name": name, "surname": name, "phone": phone, "email": "someone@example.org"}
        services = [{"title": "Стрижка", "cost": -3}]
        for body in (
            visit(2501, client=client, comment=f"{name} {phone}"),
            visit(2502, client=client, services=services),
            visit(2503, client={**client, "name": "\x00"}),
            envelope("client", 2504, "update", client),
        ):
            service.post(body)
        service.post(b"{" + phone.encode())
        service.post(visit(2505), secret="wrong-secret-guess")
        await_receipt(service, 2501)
        service.wait_for_state(2502, "dead_lettered")
        with connect_broker(service) as broker:
            service.wait_for(lambda: broker.llen("dead_letter") >= 1, what="dead letters")
            messages = str([broker.lrange(queue, 0, -1) for queue in ("records", "receipts", "dead_letter")])
            sealed = next(broker.get(key) for key in broker.keys(f"{PREFIX}webkassa:token:*"))
        seal = TokenSeal(secrets.application_key, service.environment["WEBKASSA_API_URL"], LOGIN, secrets.webkassa_password)
        token = str(seal.open(sealed, TOKEN_SECONDS))
        assert token != "None"
        said = "\n".join(child.log.read_text("utf-8") for child in service.children.values())
        secret = [secrets.webhook, secrets.webkassa_api_key, secrets.webkassa_password, secrets.application_key, token]
        secret += [LOGIN, "wrong-secret-guess", service.environment["REDIS_URL"], service.environment["DATABASE_URL"]]
        personal = [name, phone, "77015550142", "7015550142", "someone@example.org", "Вячослав", "77770220606"]
        assert [word for word in secret + personal if word in said] == []
        assert [word for word in secret + personal if word in messages] == []
        assert '"event"' in said


def send_chunks(service: Stack, path: str, chunks: Iterator[bytes]) -> tuple[int, dict[str, Any]]:
    """Without a length; the server may answer before it has read everything."""
    connection = http.client.HTTPConnection("127.0.0.1", service.api_port, timeout=10)
    try:
        connection.putrequest("POST", path)
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for chunk in chunks:
            connection.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        connection.send(b"0\r\n\r\n")
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def connect_broker(service: Stack) -> redis.Redis:
    return redis.Redis.from_url(service.environment["REDIS_URL"], socket_timeout=5)
