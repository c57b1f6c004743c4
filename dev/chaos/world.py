"""The world of the suites with a proxy on every way of the service, and, for root, PostgreSQL on a small disk of its own."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from sqlalchemy import make_url

from dev.chaos.mail import SENDER
from dev.demo import processes
from dev.harness.mail_server import MailServer
from dev.harness.proxy import Proxy
from dev.harness.stack import Stack
from dev.harness.world import UNSAFE_BUT_FAST, World

WEBKASSA_WAY = "worker - webkassa"
WAYS = ("api - postgres", "worker - postgres", "worker - redis", WEBKASSA_WAY)
# As little log as PostgreSQL can do with, so that a small disk is enough.
_SMALL = {**UNSAFE_BUT_FAST, "min_wal_size": "32MB", "max_wal_size": "64MB"}
_DISK_MB = 768


class ChaosWorld(World):
    """The suite itself, its commands and beat go straight. `small_disk`: None where nobody may mount one."""

    def __init__(self, folder: Path, environment: Mapping[str, str], **options: Any) -> None:
        self.mail = MailServer()
        sends = {"SMTP_URL": self.mail.url, "SMTP_FROM": SENDER}
        super().__init__(folder, {**environment, **sends}, **options, postgres=_SMALL)
        self.ways: dict[str, Proxy] = {}
        self.small_disk: Path | None = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self.small_disk = _mount(self.folder / "postgres")
        return super().__enter__()

    def build_stack(self) -> Stack:
        targets = (self.postgres.port, self.postgres.port, self.redis.port, self.simulator.port)
        self.ways = {way: self._opened.enter_context(Proxy(port)) for way, port in zip(WAYS, targets, strict=True)}
        of_api, of_workers = (_lead(self.environment["DATABASE_URL"], self.ways[way]) for way in WAYS[:2])
        redis = _lead(self.environment["REDIS_URL"], self.ways["worker - redis"])
        webkassa = f"http://127.0.0.1:{self.ways[WEBKASSA_WAY].port}"
        special = {
            "api": {"DATABASE_URL": of_api},
            "worker": {"DATABASE_URL": of_workers, "REDIS_URL": redis, "WEBKASSA_API_URL": webkassa},
        }
        return Stack(self.folder, self.environment, workers=self._workers, beats=self._beats, special=special)

    def close(self) -> None:
        self._opened.close()
        self.mail.close()
        super().close()
        if self.small_disk is not None:
            processes.run(["umount", "--lazy", str(self.small_disk)])
            self.small_disk = None


def _lead(url: str, proxy: Proxy) -> str:
    return make_url(url).set(port=proxy.port).render_as_string(hide_password=False)


def _mount(folder: Path) -> Path | None:
    if os.geteuid() != 0:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m,mode=755", "altegio-webkassa-chaos", str(folder)]
    return folder if processes.run(mount).returncode == 0 else None
