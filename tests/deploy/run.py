"""`make test-deploy`: the compose file under a real engine, from images to an update. Opt-in: minutes, root and a network.

Prints what it did; exit code 0 when everything held.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import urllib3

from dev.demo.children import ROOT
from dev.demo.waiting import wait_until
from dev.deploy.nginx import SERVER_NAME
from tests.deploy.engine import NEEDED, PACKAGES, Engine
from tests.support.payloads import visit

FOLDER = Path(os.environ.get("DEPLOY_FOLDER", "/var/tmp/altegio-webkassa-deploy"))
HTTP_PORT, HTTPS_PORT = 18080, 18443
CASHBOX = "SWK00000001"
WEBHOOKS, PER_SECOND, LANES = 1000, 50, 8
KILLED = ("nginx", "api", "worker", "beat", "flower", "redis", "db")


class Trial:
    """A copy of the project as an operator has it after the steps of the README."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.project = engine.folder / "project"
        self.webhook_secret = secrets.token_hex(16)
        self.flower_login = f"ops:{secrets.token_hex(8)}"
        self.number = 9000

    def install(self) -> None:
        shutil.rmtree(self.project, ignore_errors=True)
        names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
        for name in filter(None, names):
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.project / name)
        values = {
            "POSTGRES_PASSWORD": secrets.token_hex(8),
            "POSTGRES_SERVICE_PASSWORD": secrets.token_hex(8),
            "REDIS_PASSWORD": secrets.token_hex(8),
            "SECRET_KEY": secrets.token_hex(16),
            "CREDENTIALS_KEY": secrets.token_hex(16),
            "ALTEGIO_WEBHOOK_SECRET": self.webhook_secret,
            # The simulated Webkassa is another container, over plain http.
            "DEBUG": "true",
            "WEBKASSA_API_URL": "http://webkassa:8010",
            "WEBKASSA_API_TOKEN": secrets.token_hex(8),
            "WEBKASSA_SHOP_ID": CASHBOX,
            "WEBKASSA_VAT": "16",
            "WEBKASSA_LOGIN": "cashier@example.kz",
            "WEBKASSA_PASSWORD": secrets.token_hex(8),
            "SERVER_NAME": SERVER_NAME,
            "FLOWER_BASIC_AUTH": self.flower_login,
        }
        text = (self.project / ".env.example").read_text("utf-8")
        for name, value in values.items():
            text, count = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
            assert count == 1, name
        (self.project / ".env").write_text(f"{text}\nCOMPOSE_PROFILES=backup,demo\n", "utf-8")
        compose = self.project / "docker-compose.yml"
        ports = {'"80:80"': f'"127.0.0.1:{HTTP_PORT}:80"', '"443:443"': f'"127.0.0.1:{HTTPS_PORT}:443"'}
        text = compose.read_text("utf-8")
        for theirs, ours in ports.items():
            assert theirs in text
            text = text.replace(theirs, ours)
        compose.write_text(text, "utf-8")

    def compose(self, *words: str, check: bool = True) -> str:
        return self.engine.docker("compose", *words, check=check, folder=self.project)

    def request(self, method: str, path: str, **options: Any) -> tuple[int, bytes]:
        """Over TLS; the certificate is the temporary one, which nobody has to trust here."""
        headers = {"Host": SERVER_NAME, **options.pop("headers", {})}
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", HTTPS_PORT, server_hostname=SERVER_NAME, assert_hostname=False, cert_reqs="CERT_NONE"
        )
        with pool:
            try:
                answer = pool.request(method, path, headers=headers, retries=False, timeout=10, redirect=False, **options)
            except urllib3.exceptions.HTTPError:
                return 0, b""
            return answer.status, answer.data

    def post_until_taken(self) -> int:
        self.number += 1
        body = json.dumps(visit(self.number)).encode()
        path = f"/api/webhook/{self.webhook_secret}"
        wait_until(
            lambda: self.request("POST", path, body=body)[0] == 200, timeout=120, what="a webhook to be taken", poll=1
        )
        return self.number

    def await_receipt(self, number: int) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            proof = {"X-Webhook-Secret": self.webhook_secret}
            status, body = self.request("GET", f"/api/webhook/status/{number}", headers=proof)
            found = json.loads(body) if status == 200 else {}
            return found["receipt"] if found.get("state") == "processed" else None

        return wait_until(look, timeout=240, what=f"the receipt of {number}", poll=1)

    def count_in_ledger(self, number: int) -> int:
        code = (
            "import json,urllib.request as r;"
            f"print(len(json.load(r.urlopen('http://127.0.0.1:8010/_sim/receipts?external=altegio_{number}'))))"
        )
        return int(self.compose("exec", "-T", "webkassa", "python", "-c", code).strip().splitlines()[-1])


class Traffic:
    """Fifty webhooks a second from several connections, each posted once."""

    def __init__(self, trial: Trial) -> None:
        self.taken: list[int] = []
        self.refused: list[tuple[int, int]] = []  # with the status; 0 for no answer
        self._trial = trial
        self._first = trial.number + 1
        trial.number += 10 * WEBHOOKS
        self._over = threading.Event()
        self._began_at = time.monotonic()
        self._posters = [threading.Thread(target=self._post, args=(lane,), daemon=True) for lane in range(LANES)]
        for poster in self._posters:
            poster.start()

    @property
    def count(self) -> int:
        return len(self.taken) + len(self.refused)

    def end(self) -> None:
        self._over.set()
        for poster in self._posters:
            poster.join()

    def _post(self, lane: int) -> None:
        for place in range(lane, 10 * WEBHOOKS, LANES):
            if self._over.wait(max(0.0, self._began_at + place / PER_SECOND - time.monotonic())):
                return
            number = self._first + place
            body = json.dumps(visit(number)).encode()
            status, _ = self._trial.request("POST", f"/api/webhook/{self._trial.webhook_secret}", body=body)
            if status == 200:
                self.taken.append(number)
            else:
                self.refused.append((number, status))


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def run(trial: Trial) -> None:
    say("docker compose up -d")
    trial.compose("up", "-d", "--no-build", "--pull", "never")
    receipt = trial.await_receipt(trial.post_until_taken())
    say(f"a webhook over TLS became the receipt {receipt['fiscal_number']}")
    say(trial.compose("ps", "--all", "--format", "table {{.Service}}\t{{.Status}}"))
    look_from_outside(trial)
    say(trial.compose("exec", "-T", "worker", "celery", "-A", "worker", "doctor"))
    look_inside(trial)
    look_at_secrets(trial)
    back_up_and_restore(trial)
    kill_each_in_turn(trial)
    kill_one_api(trial)
    update(trial)


def look_from_outside(trial: Trial) -> None:
    login = urllib3.make_headers(basic_auth=trial.flower_login)
    wait_until(lambda: trial.request("GET", "/flower/", headers=login)[0] == 200, timeout=60, what="Flower", poll=1)
    seen = {path: trial.request("GET", path)[0] for path in ("/flower/", "/metrics", "/health/ready", "/health", "/docs")}
    say(f"without a password: {seen}")
    assert seen == {"/flower/": 401, "/metrics": 404, "/health/ready": 404, "/health": 200, "/docs": 200}


def look_inside(trial: Trial) -> None:
    """Nobody is root, nothing can be written. That networks are apart is Docker's doing; Podman's bridges are not."""
    for service in ("api", "worker", "beat", "flower"):
        said = trial.compose(
            "exec", "-T", service, "sh", "-c", "id -u; touch /app/x 2>&1; python -m pip --version 2>&1; true"
        )
        assert said.startswith("10001"), said
        assert "Read-only" in said, said
        assert "No module named pip" in said, said
    scrape = "import urllib.request as r; print('receipts_total' in r.urlopen('http://worker:9101/metrics').read().decode())"
    assert "True" in trial.compose("exec", "-T", "flower", "python", "-c", scrape)
    load = "import sys; sys.argv = ['celery', 'beat']; import celery.bin.celery; print('tornado' in sys.modules)"
    assert "False" in trial.compose("exec", "-T", "beat", "python", "-c", load)
    say("containers run as 10001, on a read-only file system, without pip; metrics are inside alone")


def look_at_secrets(trial: Trial) -> None:
    """What the compose file hands out arrives, and nothing else does."""
    for service, has in {"api": False, "flower": False, "beat": False, "worker": True}.items():
        held = trial.compose("exec", "-T", service, "env")
        assert ("WEBKASSA_PASSWORD=" in held) is has, service
        assert ("POSTGRES_PASSWORD=" in held) is (service in {"api", "worker"}), service
    say("vendor credentials are in the worker alone; beat and Flower hold no database password")


def back_up_and_restore(trial: Trial) -> None:
    trial.compose("exec", "-T", "backup", "sh", "/backup/backup.sh")
    lost = trial.post_until_taken()
    trial.await_receipt(lost)
    name = trial.compose("exec", "-T", "backup", "sh", "-c", "ls /backups | grep dump | tail -1").strip().splitlines()[-1]
    trial.compose("stop", "api", "worker", "beat")
    said = trial.compose("run", "--rm", "--no-deps", "backup", "/backup/restore.sh", f"/backups/{name}")
    trial.compose("up", "-d", "--no-build", "--pull", "never")
    wait_until(lambda: trial.request("GET", "/health")[0] == 200, timeout=120, what="the api", poll=1)
    assert trial.request("GET", f"/api/webhook/status/{lost}")[0] == 404
    trial.number = lost - 1
    assert trial.post_until_taken() == lost
    trial.await_receipt(lost)
    assert trial.count_in_ledger(lost) == 1
    say(f"restored; a receipt that was newer than the backup is found again, not doubled. {said.splitlines()[-2]}")


def kill_each_in_turn(trial: Trial) -> None:
    numbers = []
    for service in KILLED:
        numbers.append(trial.post_until_taken())
        trial.compose("kill", "--signal", "KILL", service)
        # Podman leaves restarts after a kill to systemd as well.
        trial.compose("up", "-d", "--no-build", "--pull", "never", "--no-deps", service)
        numbers.append(trial.post_until_taken())
    for number in numbers:
        trial.await_receipt(number)
        assert trial.count_in_ledger(number) == 1
    say(f"kill -9 of {', '.join(KILLED)}: {len(numbers)} webhooks, one receipt each")


def kill_one_api(trial: Trial) -> None:
    """Without Altegio's second try: what one api had taken and not answered is given to the other."""
    victim = trial.compose("ps", "--quiet", "api").split()[0]
    traffic = Traffic(trial)
    wait_until(lambda: len(traffic.taken) > WEBHOOKS // 4, timeout=120, what="traffic")
    trial.engine.docker("kill", "--signal", "KILL", victim)
    wait_until(lambda: len(traffic.taken) > WEBHOOKS // 2, timeout=120, what="traffic with one api")
    # As the engine does with what ended by itself. `up` may make both anew.
    trial.engine.docker("start", victim)
    wait_until(lambda: traffic.count >= WEBHOOKS, timeout=300, what="the rest")
    traffic.end()
    say(f"kill -9 of one api of two: {len(traffic.taken)} webhooks taken, refused {traffic.refused}")
    assert not traffic.refused
    trial.await_receipt(traffic.taken[-1])


def update(trial: Trial) -> None:
    """worker/entry/scripts/update.sh itself, without the building; the addresses of the apis change under nginx."""
    script = (
        (trial.project / "worker" / "entry" / "scripts" / "update.sh")
        .read_text("utf-8")
        .replace("docker compose build\n", "")
    )
    before = trial.compose("ps", "--quiet", "api").split()
    traffic = Traffic(trial)
    done = subprocess.run(
        ["sh", "-c", script], cwd=trial.project, env=trial.engine.environment, stdin=subprocess.DEVNULL, check=False
    )
    wait_until(lambda: traffic.count >= WEBHOOKS, timeout=300, what="the rest")
    traffic.end()
    assert done.returncode == 0
    assert not set(trial.compose("ps", "--quiet", "api").split()) & set(before)
    say(f"update.sh under traffic: {len(traffic.taken)} webhooks taken, refused {traffic.refused}")
    assert not traffic.refused
    for number in traffic.taken:
        trial.await_receipt(number)
    say("and every receipt issued")


def main() -> int:
    urllib3.disable_warnings()
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        print(f"NOT RUN: needs root and {', '.join(NEEDED)}; missing: {', '.join(missing) or 'root'}", file=sys.stderr)
        print(f"On Debian: apt-get install --no-install-recommends {' '.join(PACKAGES)}", file=sys.stderr)
        return 1
    engine = Engine(FOLDER)
    engine.build_images()
    trial = Trial(engine)
    trial.install()
    with engine.serve():
        try:
            run(trial)
        except BaseException:
            say(trial.compose("ps", "--all", check=False))
            say(trial.compose("logs", "--tail", "40", check=False))
            say("\n".join(line for line in trial.compose("logs", "nginx", check=False).splitlines() if '" 200 ' not in line))
            raise
        finally:
            trial.compose("down", "--volumes", "--timeout", "5", check=False)
    say("everything held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
