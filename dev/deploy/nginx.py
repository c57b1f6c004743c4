"""The production template on free ports of loopback, in whatever nginx there is.

`python -m dev.deploy.nginx` fetches Debian's package where none is installed. It is unpacked beside the environment, not
installed: the package would start a server on port 80 of the developer's machine.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.demo import processes
from dev.demo.children import ROOT
from dev.demo.waiting import find_free_port

MAIN = ROOT / "nginx" / "nginx.conf"
TEMPLATE = ROOT / "nginx" / "default.conf.template"
SERVER_NAME = "receipts.example.kz"
UNPACKED = Path(sys.prefix) / "servers" / "nginx"
PROGRAM = Path("usr", "sbin", "nginx")
MISSING = "NO NGINX: the production template was NOT tested. Install nginx, or set NGINX to its path."


def find_nginx() -> str | None:
    """The program named by NGINX, else the machine's, else the unpacked one."""
    given = os.environ.get("NGINX")
    on_path = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    unpacked = UNPACKED / PROGRAM
    return given or on_path or (str(unpacked) if unpacked.exists() else None)


def read_version(program: str) -> tuple[int, ...]:
    """Empty when the program does not run here."""
    match = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", processes.run([program, "-v"], cwd=".").stderr)
    return tuple(int(part) for part in match.groups()) if match else ()


def fetch_nginx() -> None:
    if find_nginx() or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return
    print("fetching nginx for the tests of its configuration", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if not _download(folder) and os.geteuid() == 0:
            processes.run(["apt-get", "-qq", "update"])
            _download(folder)
        for package in Path(folder).glob("nginx*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(UNPACKED)], check=False)
    if UNPACKED.exists() and not read_version(str(UNPACKED / PROGRAM)):
        shutil.rmtree(UNPACKED)  # a library that it needs is not on this machine


def _download(folder: str) -> bool:
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "nginx"]
    return processes.run(command, cwd=folder).returncode == 0


@dataclass(frozen=True)
class Upstreams:
    """What the environment of the container says. `api_server` may hold more than one server."""

    api_server: str = "127.0.0.1:9"
    flower: str = "http://127.0.0.1:9"
    dns: str = "127.0.0.1:53"


class Configuration:
    """The template as the image's entrypoint would fill it in, in `folder`, on addresses that need no root."""

    def __init__(self, folder: Path, upstreams: Upstreams, changes: Mapping[str, str] | None = None) -> None:
        """`changes`: texts of the template and what a test has in their place."""
        self.folder = folder
        self.http_port, self.https_port = find_free_port(), find_free_port()
        self.acme = folder / "acme"
        self.certificate = folder / "tls" / "fullchain.pem"
        self.access_log = folder / "access.log"
        self.acme.mkdir(parents=True)
        self._make_certificate()
        values = {
            "SERVER_NAME": SERVER_NAME,
            "API_SERVER": upstreams.api_server,
            "FLOWER_UPSTREAM": upstreams.flower,
            "DNS_RESOLVER": upstreams.dns,
        }
        served, self.main = folder / "default.conf", folder / "nginx.conf"
        served.write_text(_replace(TEMPLATE.read_text("utf-8"), {**self._move_template(values), **(changes or {})}), "utf-8")
        self.main.write_text(_replace(MAIN.read_text("utf-8"), self._move_main(served)), "utf-8")

    def command(self, program: str, *options: str) -> tuple[str, ...]:
        return (program, "-p", str(self.folder), "-c", str(self.main), "-e", "stderr", *options)

    def _move_template(self, values: Mapping[str, str]) -> dict[str, str]:
        return {
            **{f"${{{name}}}": value for name, value in values.items()},
            "listen 80": f"listen 127.0.0.1:{self.http_port}",
            "listen 443": f"listen 127.0.0.1:{self.https_port}",
            "/etc/nginx/tls": str(self.certificate.parent),
            "/var/www/acme": str(self.acme),
            "/dev/stdout": str(self.access_log),
            "/dev/stderr": "stderr",
        }

    def _move_main(self, served: Path) -> dict[str, str]:
        """Everything below the folder, nothing that needs root."""
        return {
            "user nginx;": "user root;" if os.geteuid() == 0 else "",
            "/run/nginx.pid": str(self.folder / "nginx.pid"),
            "/var/cache/nginx": str(self.folder),
            "/etc/nginx/conf.d/*.conf": str(served),
            "/dev/stderr": "stderr",
        }

    def _make_certificate(self) -> None:
        """By the script that does it in the container."""
        script = (ROOT / "nginx" / "30-certificate.sh").read_text("utf-8")
        script = script.replace("/etc/nginx/tls", str(self.certificate.parent))
        script = script.replace("/etc/letsencrypt", str(self.folder / "letsencrypt"))
        environment = {**os.environ, "SERVER_NAME": SERVER_NAME}
        subprocess.run(["sh", "-c", script], env=environment, capture_output=True, check=True)


def _replace(text: str, moved: Mapping[str, str]) -> str:
    for known, ours in moved.items():
        if known not in text:
            raise ValueError(f"the configuration has no {known}")
        text = text.replace(known, ours)
    return text


if __name__ == "__main__":
    fetch_nginx()
    print(find_nginx() or MISSING)
