"""Podman as the engine of a real `docker compose`, with everything it keeps in one folder, and stand-ins for public images.

The stand-ins are Debian's packages under the names of the official images: what is tested is the compose file and
the Dockerfiles, not the official images. Needs root and `PACKAGES`.
"""

import contextlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from dev.demo import processes
from dev.demo.children import ROOT
from dev.demo.waiting import wait_until
from dev.deploy.tools import find_compose, prepare_tools

STANDINS = Path(__file__).with_name("standins")
NEEDED = ("podman", "debootstrap", "runc", "iptables", "docker")
# Where these programs, and what podman calls without being on the path, come from.
PACKAGES = ("podman", "debootstrap", "runc", "iptables", "netavark", "aardvark-dns", "docker.io")
OURS = ("api", "worker")
_CONTAINERS = """
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
helper_binaries_dir = ["/usr/lib/podman", "/usr/libexec/podman"]
[network]
network_backend = "netavark"
"""
_STORAGE = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


def _read_base(name: str) -> str:
    """The public image that one of our Dockerfiles begins from, which compose does not name."""
    found = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", (ROOT / f"Dockerfile.{name}").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"Dockerfile.{name} names no base image")
    return found[1]


class Engine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "containers.conf").write_text(_CONTAINERS)
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))
        self.socket = folder / "podman.sock"
        self.environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_CONFIG": str(folder / "docker"),
        }

    def podman(self, *words: str, check: bool = True) -> str:
        return self._run(["podman", *words], check=check)

    def docker(self, *words: str, check: bool = True, folder: Path | None = None) -> str:
        return self._run(["docker", *words], check=check, folder=folder)

    def _run(self, command: Sequence[str], *, check: bool, folder: Path | None = None) -> str:
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=folder or self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout

    def build_images(self) -> None:
        """The stand-ins that are not there yet, then ours from their Dockerfiles."""
        for release in ("bookworm", "sid"):
            self._import_debian(release)
        services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
        public = {service["image"] for service in services.values() if "build" not in service}
        for image in sorted({*public, *map(_read_base, OURS)}):
            dockerfile = STANDINS / f"{image.partition(':')[0]}.Dockerfile"
            if dockerfile.exists():
                self._build(f"docker.io/library/{image}", dockerfile, STANDINS)
        for name in OURS:
            self._build(f"docker.io/library/altegio-webkassa-{name}", ROOT / f"Dockerfile.{name}", ROOT)

    def _build(self, tag: str, dockerfile: Path, context: Path) -> None:
        print("building", tag, flush=True)
        # The certificates and the package index of this machine, for the time of the build alone.
        mounts = [("/etc/ssl/certs", "/etc/ssl/certs"), ("/etc/pip.conf", "/etc/pip.conf")]
        volumes = [word for ours, theirs in mounts if Path(ours).exists() for word in ("-v", f"{ours}:{theirs}:ro")]
        if dockerfile.parent == STANDINS:
            volumes = []
        options = ["--network", "host", "--format", "docker", *volumes, "-t", tag, "-f", str(dockerfile)]
        self.podman("build", "-q", *options, str(context))

    def _import_debian(self, release: str) -> None:
        tag = f"localhost/debian:{release}"
        if self.podman("images", "-q", tag).strip():
            return
        print("debootstrap", release, flush=True)
        root = self.folder / f"root-{release}"
        self._run(["debootstrap", "--variant=minbase", release, str(root)], check=True)
        archive = self.folder / f"{release}.tar"
        self._run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        self.podman("import", str(archive), tag)
        archive.unlink()
        shutil.rmtree(root)

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        """Docker's API on a socket of our own, and health checks, which podman leaves to systemd."""
        plugins = self.folder / "docker" / "cli-plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        if not prepare_tools():
            raise RuntimeError("docker compose could not be installed")
        plugin = plugins / "docker-compose"
        plugin.unlink(missing_ok=True)
        plugin.symlink_to(find_compose())
        self.socket.unlink(missing_ok=True)
        with (self.folder / "podman.log").open("ab") as output:
            command = ["podman", "system", "service", "-t", "0", f"unix://{self.socket}"]
            service = processes.spawn(command, env=self.environment, cwd=self.folder, output=output)
        over = threading.Event()
        checks = threading.Thread(target=self._check_health, args=(over,), daemon=True)
        try:
            wait_until(self.socket.exists, timeout=20, what="podman's socket")
            checks.start()
            yield
        finally:
            over.set()
            checks.join()
            processes.end(service)

    def _check_health(self, over: threading.Event) -> None:
        while not over.wait(2.0):
            for name in self.podman("ps", "--format", "{{.Names}}", check=False).split():
                self.podman("healthcheck", "run", name, check=False)
