"""`python -m dev.demo`: the whole service on this machine, from nothing to a fiscal receipt.

ONESHOT=1 ends after the receipt: exit code 0 with one, 1 without.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from dev.demo import children, visit
from dev.demo.beside import note_environment
from dev.demo.binaries import BinariesMissing
from dev.demo.first_day.morning import is_settled, post_morning
from dev.demo.first_day.people import add_accounts, recall_accounts
from dev.demo.postgres_server import Postgres, check_given_database, hide_password
from dev.demo.redis_server import Redis, check_given_redis
from dev.demo.servers import Server, ServerFailed, recall_port
from dev.demo.state import AlreadyRunning, Secrets, StateFolder
from dev.demo.supervisor import Command, Console, StopRequested, Supervisor
from dev.demo.visit import DemoFailed
from dev.demo.waiting import WaitTimeout
from dev.demo.web import answers

T = TypeVar("T")

DEFAULT_FOLDER = children.ROOT / ".demo"
PORTS = {"simulator": 8010, "api": 8000, "flower": 5555}
# How the demo's logs look. Root is told so by Celery in five lines at every start; here it is no news.
LOOKS = {"LOG_FORMAT": "console", "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
READY_SECONDS, RECEIPT_SECONDS, MORNING_SECONDS = 60.0, 60.0, 20.0


class Demo:
    def __init__(self, folder: StateFolder, supervisor: Supervisor) -> None:
        self._folder, self._supervisor = folder, supervisor
        self._say = supervisor.console.say
        self._begun = time.monotonic()

    def start(self) -> None:
        """Everything up and answering. Raises DemoFailed."""
        folder = self._folder.path
        self._secrets = Secrets.recall(folder)
        postgres = Postgres(folder / "postgres")
        database_url = self._obtain("DATABASE_URL", check_given_database, postgres)
        redis = Redis(folder / "redis")
        redis_url = self._obtain("REDIS_URL", check_given_redis, redis)
        self._migrate(database_url, postgres.service_environment if postgres.running else {})
        # Somebody else's servers are used by the one name that was given.
        database_url = postgres.service_url if postgres.running else database_url
        redis_url = redis.service_url if redis.running else redis_url
        # As late as can be: another demo on this machine may be looking for the same ports.
        self._ports = {name: recall_port(folder / f"{name}-port", port) for name, port in PORTS.items()}
        self._urls = {name: f"http://127.0.0.1:{port}" for name, port in self._ports.items()}
        webkassa = self._urls["simulator"]
        extra = {**LOOKS, "FLOWER_URL": f"{self._urls['flower']}/flower/"}
        self._environment = children.service_environment(database_url, redis_url, webkassa, self._secrets, extra)
        note_environment(folder, self._environment)
        self._start_processes(self._environment)
        self._folder.note_holder(f"at {self._urls['api']}")

    def obtain_receipt(self) -> None:
        """Posts the sample visit and shows its receipt. Raises DemoFailed."""
        self._say(f"posting the sample visit: record {visit.RECORD_ID}, 4000 ₸")
        self._urls["status"] = visit.post_visit(self._urls["api"], self._secrets.webhook)
        follower = visit.Follower(self._urls["status"], self._say)
        receipt = self._await(follower.find_receipt, RECEIPT_SECONDS, "worker", "the receipt")
        tax = visit.find_tax(self._urls["simulator"], str(receipt.get("external_check_number")))
        self._supervisor.console.frame("FISCAL RECEIPT (Webkassa simulator)", visit.describe_receipt(receipt, tax))
        self._say(f"from start to receipt: {time.monotonic() - self._begun:.0f} s")

    def open_the_desk(self) -> None:
        """Makes the accounts and a morning's work, and shows where to begin. Raises DemoFailed."""
        folder, api = self._folder.path, self._urls["api"]
        accounts = recall_accounts(folder)
        add_accounts(accounts, self._environment, folder)
        self._say("posting a morning's work")
        unsettled = post_morning(api, self._secrets.webhook, folder, visit.today())
        with suppress(WaitTimeout):  # on a slow machine the rest comes while somebody looks
            self._supervisor.wait_for(lambda: is_settled(unsettled) or None, MORNING_SECONDS, "the morning's receipts")
        people = {
            account.role.capitalize(): f"{account.login} / {account.password}   ({account.name})" for account in accounts
        }
        self._supervisor.console.frame("OPEN THIS", {"Payment page": f"{api}/acquire", **people})

    def show_addresses(self) -> None:
        api, password = self._urls["api"], self._folder.path / "flower-password"
        self._say("everything else:")
        addresses = {
            "more accounts": 'make users ARGS="add aigerim --role cashier"',
            "API docs": f"{api}/docs",
            "health": f"{api}/health/ready",
            "status": self._urls["status"],
            "Flower": f"{self._urls['flower']}/flower/ (user {children.FLOWER_USER}, password in {password})",
            "simulator ledger": f"{self._urls['simulator']}/_sim/receipts",
            "try another visit": visit.write_try_out(self._folder.path, api, self._secrets.webhook),
        }
        for name, address in addresses.items():
            self._say(f"{name:<17} {address}")
        self._say("Ctrl-C ends everything")

    def _obtain(self, variable: str, check: Callable[[str], str], server: Server) -> str:
        """The address in the environment, else that of a server of our own."""
        given = os.environ.get(variable)
        if given:
            self._say(f"using the given {variable} {hide_password(given)}")
            return check(given)
        self._say(f"starting {server.name}")
        unit = self._supervisor.add(server.folder.name, server)
        self._supervisor.console.show(unit.name, f"ready on 127.0.0.1:{server.port}")
        return server.url

    def _migrate(self, database_url: str, service: Mapping[str, str]) -> None:
        self._say("migrating the database")
        environment = {**children.base_environment(), **service, "DATABASE_URL": database_url}
        command = Command(children.migrate_command(), environment, self._folder.path)
        code = self._supervisor.run_once("migrate", command, READY_SECONDS)
        if code != 0:
            raise DemoFailed("migrate", f"alembic upgrade head ended with exit code {code}")

    def _start_processes(self, ours: dict[str, str]) -> None:
        """`ours`: the environment of the service."""
        folder = self._folder.path
        self._say("starting the simulator of Webkassa, api, worker, beat and Flower")
        simulator = children.simulator_command(self._ports["simulator"], self._secrets, folder / "webkassa-ledger")
        login = {"FLOWER_BASIC_AUTH": f"{children.FLOWER_USER}:{self._secrets.flower_password}"}
        commands: dict[str, tuple[Sequence[str], dict[str, str]]] = {
            "webkassa": (simulator, children.base_environment()),
            "api": (children.api_command(self._ports["api"]), ours),
            "worker": (children.worker_command(), ours),
            "beat": (children.beat_command(folder / "beat-schedule"), ours),
            "flower": (children.flower_command(self._ports["flower"], folder / "flower.db"), ours | login),
        }
        for name, (command, environment) in commands.items():
            self._supervisor.add(name, Command(command, environment, folder))
        health = {"webkassa": f"{self._urls['simulator']}/_sim/health", "api": f"{self._urls['api']}/health"}
        for name, url in health.items():
            self._await(partial(answers, url), READY_SECONDS, name, f"{name} to answer")

    def _await(self, condition: Callable[[], T | None], timeout: float, name: str, what: str) -> T:
        """Raises DemoFailed when `name` has not brought it in time, or something dies again and again."""

        def ask() -> T | None:
            hopeless = self._supervisor.find_hopeless()
            if hopeless is not None:
                raise DemoFailed(hopeless.name, f"{hopeless.name} does not stay up")
            return condition()

        try:
            return self._supervisor.wait_for(ask, timeout, what)
        except WaitTimeout as error:
            raise DemoFailed(name, str(error)) from error


def run(demo: Demo, supervisor: Supervisor, oneshot: bool) -> None:
    """Until somebody ends it, or with `oneshot` until there is a receipt. Raises DemoFailed."""
    demo.start()
    try:
        demo.obtain_receipt()
    except DemoFailed as failure:
        if oneshot:
            raise
        # Stays up all the same: the logs and pages of a demo that failed are what one wants to look at.
        supervisor.console.say(f"no receipt: {failure}")
    if not oneshot:
        try:
            demo.open_the_desk()
        except DemoFailed as failure:
            supervisor.console.say(f"not everything is there: {failure}")
        demo.show_addresses()
        supervisor.run_forever()


def explain(supervisor: Supervisor, failure: DemoFailed) -> None:
    """What failed, and the last words of everything that may be the reason."""
    console = supervisor.console
    console.say(f"failed: {failure}")
    suspects = [unit for unit in supervisor.units if unit.name == failure.name or unit.deaths_in_a_row]
    for unit in suspects:
        console.say(f"last lines of {unit.name}:")
        for line in unit.body.tail().splitlines():
            console.show(unit.name, line)


def guard(demo: Demo, supervisor: Supervisor, oneshot: bool) -> int:
    """Runs the demo to its end; whatever that is, nothing is left running."""
    console = supervisor.console
    try:
        run(demo, supervisor, oneshot)
        return 0
    except StopRequested:
        console.say("ending everything")
        # Who asked for one receipt and stopped before it has none.
        return 1 if oneshot else 0
    except DemoFailed as failure:
        explain(supervisor, failure)
    except (ServerFailed, BinariesMissing, WaitTimeout, OSError) as error:
        console.say(f"failed: {error}")
    finally:
        supervisor.stop_all()
        console.say("ended")
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="where its state lives")
    console, folder = Console(), StateFolder(parser.parse_args().folder.resolve())
    try:
        folder.acquire()
    except AlreadyRunning as error:
        console.say(str(error))
        return 1
    oneshot = os.environ.get("ONESHOT", "") not in ("", "0")
    supervisor = Supervisor(console)
    supervisor.listen_to_signals()
    return guard(Demo(folder, supervisor), supervisor, oneshot)


if __name__ == "__main__":
    sys.exit(main())
