"""A real nginx with the production template. `python -m tests.support.nginx` fetches Debian's package where there is none.

It is unpacked beside the environment, not installed: the package would start a server on port 80 of the developer's machine.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from dev.demo.children import ROOT
from dev.demo.waiting import find_free_port, is_port_free
from tests.support.child import Child

TEMPLATE = ROOT / "nginx" / "default.conf.template"
SERVER_NAME = "receipts.example.kz"
UNPACKED = Path(sys.prefix) / "servers" / "nginx"
PROGRAM = Path("usr", "sbin", "nginx")
MISSING = "NO NGINX: the production template was NOT tested. Install nginx, or set NGINX to its path."
# The parameter `resolve` of an upstream server.
FIRST_WITH_RESOLVE = (1, 27, 3)

_MAIN = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/default.conf;
}}
"""


def find_nginx() -> str | None:
    """The program named by NGINX, else the machine's, else the unpacked one."""
    given = os.environ.get("NGINX")
    on_path = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    unpacked = UNPACKED / PROGRAM
    return given or on_path or (str(unpacked) if unpacked.exists() else None)


def read_version(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stderr
    match = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said)
    return tuple(int(part) for part in match.groups()) if match else ()


def fetch_nginx() -> None:
    if find_nginx() or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return
    print("fetching nginx for the tests of its configuration", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if not _download(folder) and os.geteuid() == 0:
            subprocess.run(["apt-get", "-qq", "update"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            _download(folder)
        for package in Path(folder).glob("nginx*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(UNPACKED)], check=False)
    program = find_nginx()
    if program and not read_version(program):
        # A library that it needs is not on this machine.
        shutil.rmtree(UNPACKED)


def _download(folder: str) -> bool:
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "nginx"]
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


class Nginx:
    """On free ports of loopback; everything else is the template as it is deployed."""

    def __init__(self, program: str, folder: Path, api_server: str, flower_upstream: str, dns: str = "127.0.0.1:53") -> None:
        self.http_port, self.https_port = find_free_port(), find_free_port()
        self.folder = folder
        self.acme = folder / "acme"
        self.certificate = folder / "tls" / "fullchain.pem"
        values = {
            "SERVER_NAME": SERVER_NAME,
            "API_SERVER": api_server,
            "FLOWER_UPSTREAM": flower_upstream,
            "DNS_RESOLVER": dns,
        }
        self._make_certificate()
        (folder / "default.conf").write_text(self._render(values), "utf-8")
        (folder / "nginx.conf").write_text(
            _MAIN.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""), "utf-8"
        )
        command = (program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr")
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        self.process = Child("nginx", command, environment, folder, lambda _: not is_port_free(self.https_port))

    @property
    def log(self) -> str:
        return self.process.log.read_text("utf-8", "replace")

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text("utf-8", "replace")

    def request(self, method: str, path: str, *, host: str = SERVER_NAME, **options: Any) -> urllib3.BaseHTTPResponse:
        """Over TLS, with the certificate checked."""
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self.https_port,
            server_hostname=host,
            assert_hostname=host,
            ca_certs=str(self.certificate),
            timeout=15,
            retries=False,
        )
        return _call(pool, method, path, host, options)

    def request_plain(self, method: str, path: str, *, host: str = SERVER_NAME, **options: Any) -> urllib3.BaseHTTPResponse:
        return _call(
            urllib3.HTTPConnectionPool("127.0.0.1", self.http_port, timeout=15, retries=False), method, path, host, options
        )

    def _render(self, values: Mapping[str, str]) -> str:
        """What the image's entrypoint does, and addresses that need no root."""
        text = TEMPLATE.read_text("utf-8")
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        moved = {
            "listen 80": f"listen 127.0.0.1:{self.http_port}",
            "listen 443": f"listen 127.0.0.1:{self.https_port}",
            "/etc/nginx/tls": str(self.certificate.parent),
            "/var/www/acme": str(self.acme),
            "/dev/stdout": str(self.folder / "access.log"),
            "/dev/stderr": "stderr",
        }
        for known, ours in moved.items():
            assert known in text, f"the template has no {known}"
            text = text.replace(known, ours)
        return text

    def _make_certificate(self) -> None:
        """By the script that does it in the container."""
        self.acme.mkdir(parents=True)
        script = (ROOT / "nginx" / "30-certificate.sh").read_text("utf-8")
        script = script.replace("/etc/nginx/tls", str(self.certificate.parent))
        script = script.replace("/etc/letsencrypt", str(self.folder / "letsencrypt"))
        environment = {**os.environ, "SERVER_NAME": SERVER_NAME}
        done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def _call(
    pool: urllib3.HTTPConnectionPool, method: str, path: str, host: str, options: dict[str, Any]
) -> urllib3.BaseHTTPResponse:
    headers = {"Host": host, **options.pop("headers", {})}
    with pool:
        return pool.request(method, path, headers=headers, redirect=False, **options)


if __name__ == "__main__":
    fetch_nginx()
    print(find_nginx() or MISSING)
