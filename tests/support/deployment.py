"""The services of docker-compose.yml process by process, with the commands that stand there and in the images."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import urllib3
import yaml

from dev.demo import processes
from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres
from dev.demo.processes import find_children
from dev.demo.redis_server import Redis
from dev.demo.waiting import find_free_port, wait_until
from dev.demo.web import answers, request
from dev.deploy.nginx import Upstreams
from dev.harness.child import Child
from tests.support.nginx import Nginx

# What only an update starts, beside those that run.
SPARE = ("api-3", "worker-2")
FLOWER_AUTH = ("ops", "a password of the test")


def read_command(service: str, **moved: str) -> list[str]:
    """What the container runs, with addresses and files of this machine in place of the container's."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"][service]
    command = compose.get("command") or _read_image_command(compose["build"]["dockerfile"])
    # A command in one line is split as Compose does it, and what `.env` does not say is empty.
    words = re.sub(r"\$\{\w+:-\}", "", command).split() if isinstance(command, str) else [str(word) for word in command]
    for theirs in moved:
        assert any(theirs in word for word in words), f"{service} has no {theirs}"
    return [sys.executable, "-m", *[_replace(word, moved) for word in words]]


def _read_image_command(dockerfile: str) -> list[str]:
    lines = re.findall(r"^CMD (\[.*\])$", (ROOT / dockerfile).read_text("utf-8"), re.MULTILINE)
    return list(json.loads(lines[-1]))


def _replace(word: str, moved: Mapping[str, str]) -> str:
    for theirs, ours in moved.items():
        word = word.replace(theirs, ours)
    return word


class Deployment:
    """`children`: api, api-2, api-3, worker, worker-2, beat, flower, nginx.

    Two apis run at first, as compose has it; the last ones of api and worker are started when a test asks for them.
    """

    def __init__(self, program: str, folder: Path, environment: Mapping[str, str], postgres: Postgres, redis: Redis) -> None:
        self.environment = {**environment, "FLOWER_BASIC_AUTH": ":".join(FLOWER_AUTH), "FORWARDED_ALLOW_IPS": "*"}
        self.postgres, self.redis = postgres, redis
        self.children: dict[str, Child] = {}
        self._folder = folder
        self.api_ports = {name: self._add_api(name) for name in ("api", "api-2", "api-3")}
        self.metrics_ports = {name: self._add_worker(name) for name in ("worker", "worker-2")}
        schedule = {"/tmp/celerybeat-schedule": str(folder / "beat-schedule")}
        self._add("beat", read_command("beat", **schedule), lambda said: "is starting" in said)
        flower_port = self._add_flower()
        folder_of_nginx = folder / "nginx"
        folder_of_nginx.mkdir()
        api_server = " max_fails=0; server ".join(f"127.0.0.1:{port}" for port in self.api_ports.values())
        self.nginx = Nginx(program, folder_of_nginx, Upstreams(api_server, f"http://127.0.0.1:{flower_port}"))
        self.children["nginx"] = self.nginx.process

    def start(self) -> None:
        first = [child for name, child in self.children.items() if name not in SPARE]
        for child in first:
            child.spawn()
        for child in first:
            child.await_ready()

    def close(self) -> None:
        with ExitStack() as stack:
            for child in self.children.values():
                stack.callback(child.kill)

    def post(self, body: Any) -> int:
        """The status of the answer to a webhook that comes in over TLS; 0 for none."""
        secret = self.environment["ALTEGIO_WEBHOOK_SECRET"]
        try:
            return self.nginx.request("POST", f"/api/webhook/{secret}", body=json.dumps(body).encode()).status
        except urllib3.exceptions.HTTPError:
            return 0

    def status(self, resource_id: int) -> dict[str, Any]:
        proof = {"X-Webhook-Secret": self.environment["ALTEGIO_WEBHOOK_SECRET"]}
        answer = self.nginx.request("GET", f"/api/webhook/status/{resource_id}", headers=proof)
        return dict(json.loads(answer.data)) if answer.status == 200 else {}

    def wait_for_receipt(self, resource_id: int, timeout: float = 60) -> dict[str, Any]:
        return wait_until(
            lambda: status if (status := self.status(resource_id)).get("state") == "processed" else None,
            timeout=timeout,
            what=f"the receipt of {resource_id}",
        )

    def metrics(self, name: str) -> str:
        port = self.api_ports.get(name) or self.metrics_ports[name]
        return request("GET", f"http://127.0.0.1:{port}/metrics").text

    def measure_memory(self) -> dict[str, float]:
        """Proportional set size in MB of each service that runs, with all its processes."""
        pids = {name: child.pid for name, child in self.children.items() if child.running}
        pids |= {"postgres": self.postgres.pid, "redis": self.redis.pid}
        return {name: sum(map(_read_pss, _list_tree(pid))) / 1024 for name, pid in pids.items()}

    def _add(self, name: str, command: list[str], is_ready: Any, **extra: str) -> None:
        self.children[name] = Child(name, command, {**self.environment, **extra}, self._folder, is_ready, processes.spawn)

    def _add_api(self, name: str) -> int:
        port = find_free_port()
        command = read_command("api", **{"0.0.0.0": "127.0.0.1", "8000": str(port)})
        self._add(name, command, lambda _: answers(f"http://127.0.0.1:{port}/health"))
        return port

    def _add_worker(self, name: str) -> int:
        port = find_free_port()
        command = [*read_command("worker"), "--hostname", f"{name}@%h"]
        self._add(name, command, lambda said: " ready." in said, WORKER_METRICS_PORT=str(port))
        return port

    def _add_flower(self) -> int:
        port = find_free_port()
        moved = {"5555": str(port), "/data/flower.db": str(self._folder / "flower.db")}
        command = [*read_command("flower", **moved), "--address=127.0.0.1"]
        self._add("flower", command, lambda _: answers(f"http://127.0.0.1:{port}/flower/healthcheck"))
        return port


def _list_tree(pid: int) -> Iterator[int]:
    yield pid
    for child in find_children(pid):
        yield from _list_tree(child)


def _read_pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it ended meanwhile
        return 0
    return int(re.findall(r"^Pss: +(\d+) kB", text, re.MULTILINE)[0])
