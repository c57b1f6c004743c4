"""A real nginx with the production template, and a client that talks TLS to it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from dev.demo.waiting import is_port_free
from dev.deploy.nginx import SERVER_NAME, Configuration, Upstreams
from dev.harness.child import Child

# The parameter `resolve` of an upstream server.
FIRST_WITH_RESOLVE = (1, 27, 3)
# The least nginx knows, so that what a test may send does not depend on how fast it can.
ONE_A_MINUTE = {
    f"zone={zone}:4m rate={rate};": f"zone={zone}:4m rate=1r/m;"
    for zone, rate in {
        "webhook": "60r/s",
        "strangers": "10r/s",
        "pages": "10r/s",
        "login": "30r/m",
        "forms": "60r/m",
    }.items()
}


class Nginx:
    def __init__(self, program: str, folder: Path, upstreams: Upstreams, changes: Mapping[str, str] | None = None) -> None:
        self._configuration = Configuration(folder, upstreams, changes)
        self.acme = self._configuration.acme
        self.certificate = self._configuration.certificate
        self.http_port, self.https_port = self._configuration.http_port, self._configuration.https_port
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        command = self._configuration.command(program)
        self.process = Child("nginx", command, environment, folder, lambda _: not is_port_free(self.https_port))

    @property
    def log(self) -> str:
        return self.process.log.read_text("utf-8", "replace")

    @property
    def access_log(self) -> str:
        return self._configuration.access_log.read_text("utf-8", "replace")

    def request(
        self, method: str, path: str, *, host: str = SERVER_NAME, source: str = "127.0.0.1", **options: Any
    ) -> urllib3.BaseHTTPResponse:
        """Over TLS, with the certificate checked; `source`: of which address of this machine."""
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self.https_port,
            server_hostname=host,
            assert_hostname=host,
            ca_certs=str(self.certificate),
            timeout=15,
            retries=False,
            source_address=(source, 0),
        )
        return _call(pool, method, path, host, options)

    def try_request(self, method: str, path: str, **options: Any) -> int:
        """The status of the answer, 0 for none."""
        try:
            return self.request(method, path, **options).status
        except urllib3.exceptions.HTTPError:
            return 0

    def request_plain(self, method: str, path: str, *, host: str = SERVER_NAME, **options: Any) -> urllib3.BaseHTTPResponse:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", self.http_port, timeout=15, retries=False)
        return _call(pool, method, path, host, options)


def _call(
    pool: urllib3.HTTPConnectionPool, method: str, path: str, host: str, options: dict[str, Any]
) -> urllib3.BaseHTTPResponse:
    headers = {"Host": host, **options.pop("headers", {})}
    with pool:
        return pool.request(method, path, headers=headers, redirect=False, **options)
