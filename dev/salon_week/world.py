"""The chaos suite's world with Altegio's REST beside it, and a cashbox for every salon, mapped as an operator would."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.chaos.child import Child
from dev.chaos.world import CASHBOXES, World
from dev.demo.children import base_environment
from dev.demo.waiting import find_free_port
from dev.salon_week.office import Office
from dev.simulator.altegio.salon import Salon

PARTNER_TOKEN, USER_TOKEN = "week-partner-token", "week-user-token"


class SalonWorld(World):
    def __init__(self, folder: Path, salons: Sequence[Salon], *, workers: int, environment: Mapping[str, str]) -> None:
        port = find_free_port()
        self.office = Office(f"http://127.0.0.1:{port}")
        tokens = {
            "ALTEGIO_API_URL": self.office.url,
            "ALTEGIO_PARTNER_TOKEN": PARTNER_TOKEN,
            "ALTEGIO_USER_TOKEN": USER_TOKEN,
        }
        super().__init__(folder, workers=workers, beats=1, environment={**environment, **tokens})
        self._salons = salons
        self._altegio = self._make_altegio(port)

    def start(self) -> None:
        self._altegio.start()
        self.office.change(dated_by="arrival")
        for salon in self._salons:
            self.office.open(salon, self.webhook_url)
        super().start()

    def _children(self) -> Sequence[Child]:
        return [self._altegio, *super()._children()]

    def _make_altegio(self, port: int) -> Child:
        tokens = (f"--partner-token={PARTNER_TOKEN}", f"--user-token={USER_TOKEN}")
        command = (sys.executable, "-m", "dev.simulator.altegio.rest", f"--port={port}", "--latency-ms=20", *tokens)
        return Child("altegio", command, base_environment(), self.folder, lambda said: "simulator on" in said)

    def _add_cashboxes(self) -> None:
        for salon in self._salons:
            options = (f"--company={salon.company_id}", f"--cashbox={CASHBOXES[salon.company_id]}", f"--vat={salon.vat}")
            command = (sys.executable, "-m", "celery", "-A", "worker", "cashboxes", "add", *options)
            with (self.folder / "cashboxes.log").open("ab") as output:
                subprocess.run(
                    command, env=self.environment, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT, check=True
                )
