"""What an operator has after `docker compose up -d`, as processes: it works, it is small, and nothing it loses is lost."""

import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping

import pytest
import urllib3

from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.waiting import wait_until
from dev.deploy.nginx import MISSING, find_nginx
from dev.harness.simulator import SimulatorControl
from tests.support.deployment import FLOWER_AUTH, SPARE, Deployment
from tests.support.payloads import visit

MEMORY_MB = 600
# What Altegio does with a webhook that was not taken.
TRIES, PAUSE_SECONDS = 3, 1.5


@pytest.fixture(scope="module")
def deployed(
    module_env: Mapping[str, str],
    postgres: Postgres,
    redis_server: Redis,
    simulator_process: SimulatorControl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    program = find_nginx()
    if program is None:
        pytest.skip(MISSING)
    simulator_process.process.start()
    simulator_process.reset()
    deployment = Deployment(program, tmp_path_factory.mktemp("deployed"), module_env, postgres, redis_server)
    try:
        deployment.start()
        yield deployment
    finally:
        deployment.close()


def assert_one_receipt_each(deployed: Deployment, ledger: SimulatorControl, numbers: list[int]) -> None:
    for number in numbers:
        deployed.wait_for_receipt(number)
        assert len(ledger.receipts(f"altegio_{number}")) == 1


class Altegio(threading.Thread):
    """Posts one visit after another until told to stop, and repeats as Altegio does."""

    def __init__(self, deployed: Deployment, numbers: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self.taken: list[int] = []
        self.refused: list[int] = []
        self.repeated = 0
        self._deployed, self._numbers = deployed, numbers
        self._over = threading.Event()

    def run(self) -> None:
        # Slower than what nginx lets one address do, and often enough that nothing passes unseen.
        while not self._over.wait(0.2):
            number = next(self._numbers)
            (self.taken if self._deliver(number) else self.refused).append(number)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _deliver(self, number: int) -> bool:
        for attempt in range(TRIES):
            if self._deployed.post(visit(number)) == 200:
                return True
            self.repeated += attempt + 1 < TRIES
            time.sleep(PAUSE_SECONDS)
        return False


def test_a_webhook_goes_in_over_tls_and_the_receipt_flower_and_metrics_show_it(
    deployed: Deployment, simulator_process: SimulatorControl
) -> None:
    numbers = itertools.count(9001)

    def find_task_of_next() -> bool:
        # Flower turns events on when it meets the worker; what ran before that it cannot show.
        number = next(numbers)
        assert deployed.post(visit(number)) == 200
        receipt = deployed.wait_for_receipt(number)["receipt"]
        assert receipt["fiscal_number"]
        return receipt["external_check_number"] == f"altegio_{number}" and bool(find_succeeded(deployed))

    wait_until(find_task_of_next, timeout=60, what="the task in Flower", poll=0.5)
    issued = len(simulator_process.receipts())
    assert f'receipts_last_day{{kind="sale",state="issued"}} {issued}.0' in deployed.metrics("api")
    assert f'receipts_total{{outcome="issued"}} {issued}.0' in deployed.metrics("worker")
    assert deployed.nginx.request("GET", "/flower/tasks").status == 401
    assert deployed.nginx.request("GET", "/metrics").status == 404


def find_succeeded(deployed: Deployment) -> list[str]:
    headers = urllib3.make_headers(basic_auth=":".join(FLOWER_AUTH))
    answer = deployed.nginx.request("GET", "/flower/api/tasks?state=SUCCESS", headers=headers)
    assert answer.status == 200
    return [uuid for uuid, task in json.loads(answer.data).items() if str(task["name"]).endswith("process_record")]


def test_everything_together_fits_a_small_machine(deployed: Deployment) -> None:
    memory = deployed.measure_memory()
    print("PSS in MB:", {name: round(size, 1) for name, size in memory.items()}, "together", round(sum(memory.values())))
    assert set(memory) == {"nginx", "api", "api-2", "worker", "beat", "flower", "postgres", "redis"}
    assert sum(memory.values()) < MEMORY_MB


def test_kill_9_of_one_api_refuses_no_webhook(deployed: Deployment) -> None:
    """Posted once each, without Altegio's second try: what one api had taken and not answered goes to the other."""
    lost: list[int] = []
    killed = threading.Event()

    def post_some(numbers: range) -> None:
        for number in numbers:
            if deployed.post(visit(number)) != 200:
                lost.append(number)
            if number % 100 == 20:
                killed.set()

    posters = [threading.Thread(target=post_some, args=(range(first, first + 60),)) for first in (9801, 9901, 10001, 10101)]
    for poster in posters:
        poster.start()
    for victim in ("api", "api-2"):
        killed.wait(timeout=60)
        deployed.children[victim].kill()
        deployed.children[victim].start()
    for poster in posters:
        poster.join()
    assert lost == []
    for number in (9860, 10160):
        deployed.wait_for_receipt(number)


def test_kill_9_of_each_process_in_turn_loses_nothing(deployed: Deployment, simulator_process: SimulatorControl) -> None:
    numbers = itertools.count(9101)
    victims = [*deployed.children, "postgres", "redis"]
    taken: list[int] = []
    for victim in victims:
        if victim in SPARE:
            continue
        altegio = Altegio(deployed, numbers)
        altegio.start()
        wait_until(lambda a=altegio: len(a.taken) >= 2, timeout=20, what="some webhooks")
        server = {"postgres": deployed.postgres, "redis": deployed.redis}.get(victim) or deployed.children[victim]
        server.kill()
        server.start()
        before = len(altegio.taken)
        wait_until(lambda a=altegio, b=before: len(a.taken) >= b + 2, timeout=30, what=f"webhooks after {victim}")
        altegio.stop()
        taken += altegio.taken
    assert_one_receipt_each(deployed, simulator_process, taken)
    assert simulator_process.state()["overlaps"] == 0


def test_an_update_under_traffic_refuses_and_loses_nothing(
    deployed: Deployment, simulator_process: SimulatorControl
) -> None:
    """The steps of update.sh: a second one beside the first, then the first leaves, then they change places."""
    altegio = Altegio(deployed, itertools.count(9501))
    altegio.start()
    for new, old in (("api-3", "api"), ("api", "api-2"), ("api-2", "api-3"), ("worker-2", "worker"), ("worker", "worker-2")):
        deployed.children[new].start()
        before = len(altegio.taken)
        wait_until(lambda b=before: len(altegio.taken) > b + 3, timeout=20, what="traffic with one more")
        deployed.children[old].stop()
        assert not deployed.children[old].running
        before = len(altegio.taken)
        wait_until(lambda b=before: len(altegio.taken) > b + 3, timeout=20, what="traffic with the new one")
    altegio.stop()
    assert (altegio.refused, len(altegio.taken) > 30) == ([], True)
    assert altegio.repeated == 0
    assert_one_receipt_each(deployed, simulator_process, altegio.taken)
    assert simulator_process.state()["overlaps"] == 0
