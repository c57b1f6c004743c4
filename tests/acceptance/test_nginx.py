"""The production template in a real nginx: what it lets in, what it hides, what it passes on."""

import gzip
import json
import re
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import urllib3

from dev.demo.waiting import wait_until
from dev.deploy.nginx import SERVER_NAME, Upstreams, read_version
from dev.harness.child import ChildFailed
from tests.support.dns import run_name_server
from tests.support.echo import Echo, run_echo
from tests.support.nginx import FIRST_WITH_RESOLVE, ONE_A_MINUTE, Nginx
from tests.support.payloads import visit
from tests.support.stack import Stack
from tests.unit.scripted_server import ScriptedServer, Visitor

EXPECTED_HEADERS = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture(scope="module")
def nginx(start_nginx: Callable[..., Nginx], echo: Echo) -> Nginx:
    return start_nginx(echo.address, flower=f"http://{echo.address}")


@pytest.fixture
def front(start_nginx: Callable[..., Nginx], service: Stack) -> Nginx:
    """In front of the whole service."""
    return start_nginx(f"127.0.0.1:{service.api_port}")


def read_echo(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    assert response.status == 200, response.data
    told: dict[str, Any] = json.loads(response.data)
    return told


class TestTheDoor:
    def test_http_leads_to_https_and_stays_a_post(self, nginx: Nginx) -> None:
        answer = nginx.request_plain("POST", "/api/webhook/s3cret?x=1", body=b"{}")
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://{SERVER_NAME}/api/webhook/s3cret?x=1"

    def test_the_challenge_of_the_certificate_authority_is_answered_over_http(self, nginx: Nginx) -> None:
        folder = nginx.acme / ".well-known" / "acme-challenge"
        folder.mkdir(parents=True)
        (folder / "token").write_text("proof")
        assert nginx.request_plain("GET", "/.well-known/acme-challenge/token").data == b"proof"
        assert nginx.request_plain("GET", "/.well-known/acme-challenge/../../../etc/passwd").status in (308, 400)

    def test_other_names_get_no_answer(self, nginx: Nginx) -> None:
        with pytest.raises(urllib3.exceptions.ProtocolError):
            nginx.request_plain("GET", "/", host="scanner.example")
        with pytest.raises(urllib3.exceptions.SSLError):
            nginx.request("GET", "/", host="scanner.example")

    @pytest.mark.parametrize(
        ("version", "accepted"),
        [
            (ssl.TLSVersion.TLSv1_1, False),
            (ssl.TLSVersion.TLSv1_2, True),
            (ssl.TLSVersion.TLSv1_3, True),
        ],
    )
    def test_tls_is_1_2_or_newer(self, nginx: Nginx, version: ssl.TLSVersion, accepted: bool) -> None:
        context = ssl.create_default_context(cafile=str(nginx.certificate))
        # So that the refusal is the server's, not of this client's own library.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with ExitStack() if accepted else pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = context.maximum_version = version
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", nginx.https_port, ssl_context=context, server_hostname=SERVER_NAME, assert_hostname=SERVER_NAME
        )
        with pool, ExitStack() if accepted else pytest.raises(urllib3.exceptions.SSLError, match=r"(?i)version"):
            assert pool.request("GET", "/health", headers={"Host": SERVER_NAME}, retries=False).status == 200

    def test_a_body_over_1_mib_is_refused_before_the_api_sees_it(self, nginx: Nginx) -> None:
        assert read_echo(nginx.request("POST", "/api/webhook/s", body=b" " * 1024 * 1024))["size"] == 1024 * 1024
        assert nginx.request("POST", "/api/webhook/s", body=b" " * (1024 * 1024 + 1)).status == 413

    @pytest.mark.parametrize(
        "path",
        [
            "/metrics",
            "/health/ready",
            "/health/",
            "/flower/metrics",
            "//metrics",
            "/static/../metrics",
            "/%6detrics",
            "/health/./ready",
        ],
    )
    def test_what_is_for_the_machine_itself_is_not_shown(self, nginx: Nginx, path: str) -> None:
        assert nginx.request("GET", path).status == 404

    def test_health_is_public(self, nginx: Nginx) -> None:
        assert read_echo(nginx.request("GET", "/health"))["path"] == "/health"


class TestWhatIsPassedOn:
    def test_the_true_address_of_the_client_and_nothing_it_claims(self, nginx: Nginx) -> None:
        claims = {
            "X-Forwarded-For": "6.6.6.6",
            "X-Real-IP": "6.6.6.6",
            "X-Forwarded-Proto": "gopher",
            "X-Request-ID": "mine",
        }
        headers = read_echo(nginx.request("GET", "/acquire", headers=claims))["headers"]
        assert headers["x-forwarded-for"] == headers["x-real-ip"] == "127.0.0.1"
        assert headers["x-forwarded-proto"] == "https"
        assert headers["host"] == SERVER_NAME
        assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])

    def test_connections_to_the_api_are_kept(self, nginx: Nginx, echo: Echo) -> None:
        before = echo.connections
        for _ in range(10):
            nginx.request("POST", "/api/webhook/s", body=b"{}")
        assert echo.connections - before <= 1

    def test_flower_gets_its_own_path_and_credentials(self, nginx: Nginx) -> None:
        told = read_echo(nginx.request("GET", "/flower/tasks", headers={"Authorization": "Basic b3BzOng="}))
        assert (told["path"], told["headers"]["authorization"]) == ("/flower/tasks", "Basic b3BzOng=")
        assert nginx.request("GET", "/flower").headers["Location"].endswith("/flower/")

    def test_flower_is_only_looked_at(self, nginx: Nginx, echo: Echo) -> None:
        before = echo.connections
        for path in (
            "/flower/api/worker/shutdown/worker@a",
            "/flower/api/task/async-apply/worker.tasks.dispatch",
            "/flower/",
        ):
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                assert nginx.request(method, path).status == 403, (method, path)
        assert echo.connections == before
        assert nginx.request("HEAD", "/flower/tasks").status != 403
        # Its list of tasks is read by a POST.
        assert read_echo(nginx.request("POST", "/flower/tasks/datatable", body=b""))["path"] == "/flower/tasks/datatable"
        assert nginx.request("DELETE", "/flower/tasks/datatable").status == 403


class TestRates:
    """Each on an nginx of its own, since they use up what an address may do."""

    @pytest.mark.parametrize(
        ("method", "path", "burst"),
        [
            pytest.param("POST", "/api/webhook/n7Kq-2vXw.9Zt_4Lp~c", 300, id="webhooks"),
            pytest.param("POST", "/api/webhook/s3cret", 30, id="guesses of a secret"),
            pytest.param("POST", "/api/webhook", 30, id="unsigned webhooks"),
            pytest.param("GET", "/acquire", 40, id="pages"),
            pytest.param("POST", "/acquire/login", 10, id="sign-in"),
            pytest.param("GET", "/flower/", 60, id="flower"),
            pytest.param("GET", "/r/AAAAAAAAAAAAAAAAAAAAAA", 20, id="receipts of customers"),
        ],
    )
    def test_an_address_that_sends_too_much_is_told_to_wait(
        self, start_nginx: Callable[..., Nginx], echo: Echo, method: str, path: str, burst: int
    ) -> None:
        nginx = start_nginx(echo.address, ONE_A_MINUTE, flower=f"http://{echo.address}")
        began_at = time.monotonic()
        codes = [nginx.request(method, path).status for _ in range(burst + 6)]
        minutes = int((time.monotonic() - began_at) / 60)
        # One at its rate, the burst beside it, and on a very slow machine one a minute.
        assert codes[: burst + 1] == [200] * (burst + 1)
        assert burst + 1 <= codes.count(200) <= burst + 1 + minutes
        assert set(codes) == {200, 429}


class TestBeforeTheService:
    def test_a_webhook_over_tls_becomes_a_receipt(self, front: Nginx, service: Stack) -> None:
        secret = service.environment["ALTEGIO_WEBHOOK_SECRET"]
        answer = front.request("POST", f"/api/webhook/{secret}", body=json.dumps(visit(7001)).encode())
        assert answer.status == 200
        assert service.wait_for_state(7001, "processed")["receipt"]["state"] == "issued"
        assert json.loads(front.request("GET", "/api/webhook/status/7001").data)["state"] == "processed"

    @pytest.mark.parametrize("path", ["/health", "/acquire/login", "/docs", "/no-such-page", "/metrics"])
    def test_every_answer_has_the_security_headers_once(self, front: Nginx, path: str) -> None:
        answer = front.request("GET", path)
        for name, value in EXPECTED_HEADERS.items():
            assert answer.headers.getlist(name) == [value], name
        assert len(answer.headers.getlist("x-request-id")) == 1
        assert answer.headers["Server"] == "nginx"

    def test_styles_are_compressed_and_kept_for_a_year(self, front: Nginx) -> None:
        page = front.request("GET", "/acquire/login").data.decode()
        address = next(iter(re.findall(r'href="(/static/acquire/page\.css\?v=[0-9a-f]+)"', page)))
        answer = front.request("GET", address, headers={"Accept-Encoding": "gzip"}, decode_content=False)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data).strip()
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert "immutable" in answer.headers["Cache-Control"]
        login = front.request("GET", "/acquire/login", headers={"Accept-Encoding": "gzip"}, decode_content=False)
        assert "Content-Encoding" not in login.headers

    def test_cookies_of_the_payment_page_are_for_tls_alone(self, front: Nginx) -> None:
        cookies = front.request("GET", "/acquire/login").headers.getlist("set-cookie")
        assert cookies
        assert all("secure" in cookie.lower() and "httponly" in cookie.lower() for cookie in cookies)

    def test_the_secret_is_in_no_log_whatever_happens(self, front: Nginx, service: Stack) -> None:
        secret = service.environment["ALTEGIO_WEBHOOK_SECRET"]
        escaped = "".join(f"%{ord(letter):02x}" for letter in secret)
        paths = [
            f"/api/webhook/{secret}",
            f"/api/webhook/{escaped}",
            f"/api/webhook/{secret}/",
            f"/api/webhook/{secret}?again={secret}",
            f"//api//webhook//{secret}",
            f"/API/webhook/{secret}",
            f"/x/../api/webhook/{secret}",
            f"/health?{secret}",
            f"/api/webhok/{secret}",
            f"/webhook{secret}",
            f"/{secret}",
            f"/acquire/{secret}",
            f"/api/webhook/status/{secret}",
        ]
        for path in paths:
            front.request("POST", path, body=b"{}")
            front.request("POST", path, body=b" " * (1024 * 1024 + 1))
            front.request_plain("POST", path, body=b"{}")
        service.stop("api")
        for path in paths:
            assert front.request("POST", path, body=b"{}").status in (404, 405, 502)
        written = front.log + front.access_log
        assert "webhook" in written
        assert secret not in written
        assert escaped not in written

    def test_a_restarted_api_is_found_again(self, front: Nginx, service: Stack) -> None:
        assert front.request("GET", "/health").status == 200
        service.stop("api")
        assert front.request("GET", "/health").status == 502
        service.start("api")
        assert front.request("GET", "/health").status == 200


def test_a_recreated_container_is_found_at_its_new_address(start_nginx: Callable[..., Nginx], program: str) -> None:
    """Flower's way (a variable) everywhere; the api's way where nginx knows `resolve`."""
    can_resolve = read_version(program) >= FIRST_WITH_RESOLVE
    with run_echo("127.0.0.1") as old, run_name_server("127.0.0.1") as names:
        port = old.server_address[1]
        nginx = start_nginx(
            f"api:{port} resolve" if can_resolve else old.address,
            flower=f"http://flower:{port}",
            dns=f"127.0.0.1:{names.port}",
        )
        paths = ["/flower/", "/health"] if can_resolve else ["/flower/"]
        for path in paths:
            wait_until(lambda p=path: nginx.request("GET", p).status == 200, timeout=10, what=f"{path} to be found")
        with run_echo("127.0.0.2", port):
            old.shutdown()
            old.server_close()
            names.answer = "127.0.0.2"
            for path in paths:
                wait_until(
                    lambda p=path: nginx.request("GET", p).status == 200, timeout=20, what=f"{path} to be found again"
                )


@pytest.mark.parametrize("path", ["/api/webhook/s3cret", "/acquire/visits/7"])
def test_only_a_webhook_that_no_api_answered_is_tried_once_more(start_nginx: Callable[..., Nginx], path: str) -> None:
    """Also where nginx itself gives up, as it does while the list of apis changes. A form is never sent twice."""
    bodies: list[bytes] = []

    def fail_first(visitor: Visitor) -> None:
        bodies.append(visitor.read_request())
        if visitor.number > 1:
            visitor.answer({"success": True})

    with ScriptedServer(fail_first).running() as api:
        answer = start_nginx(f"127.0.0.1:{api.port}").request("POST", path, body=b"{}")
    is_webhook = "webhook" in path
    assert (answer.status, bodies) == ((200, [b"{}"] * 2) if is_webhook else (502, [b"{}"]))


def test_a_broken_template_is_noticed(program: str, tmp_path: Path) -> None:
    """That the tests above would see it: nginx does not start with what it cannot read."""
    nginx = Nginx(program, tmp_path, Upstreams("127.0.0.1:9 no-such-parameter"))
    with pytest.raises(ChildFailed, match="no-such-parameter"):
        nginx.process.start()


def test_a_salon_that_sends_too_much_waits_and_the_others_do_not(stack: Callable[..., Stack]) -> None:
    """Two in a minute: a burst of one, and the next half a minute later, which no machine is slow enough to reach."""
    service = stack(workers=0, beat=False, env={"WEBHOOKS_PER_SALON_MINUTE": "2"})
    codes = [service.post(visit(number, company=1)).status_code for number in (1, 2)]
    assert codes == [200, 429]
    refused = service.post(visit(99, company=1))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert service.post(visit(99, company=2)).status_code == 200
    assert 'webhooks_total{outcome="too_fast",resource="none"} 2.0' in service.get("/metrics").text
