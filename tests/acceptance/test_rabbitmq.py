"""RabbitMQ as the broker, by one address. Runs where the machine has the programs of RabbitMQ."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.demo.waiting import find_free_port, wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.payloads import visit
from tests.support.stack import Stack

# Not the wrapper in the path, which changes the account and the session, so that its server outlives it.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="RabbitMQ is not installed")


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. Everything it writes is in one folder, everything it opens on loopback."""
    folder = tmp_path_factory.mktemp("rabbitmq")
    port, names_port = find_free_port(), find_free_port()
    home = folder / "home"
    home.mkdir()
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"altegio{port}@localhost",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_DIST_PORT": str(find_free_port()),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names_port),
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen([str(PROGRAM)], env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until(lambda: "completed with" in log.read_text() or server.poll() is not None, timeout=90, what="RabbitMQ")
        assert server.poll() is None, log.read_text()
        yield f"amqp://guest:guest@127.0.0.1:{port}//"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        # Erlang's register of names stays otherwise.
        wait_until(lambda: _end_register(names_port), timeout=20, what="the register of names to end")


def _end_register(port: int) -> bool:
    """It ends when it has seen that its node is gone."""
    epmd = shutil.which("epmd")
    assert epmd is not None
    said = subprocess.run([epmd, "-port", str(port), "-kill"], capture_output=True, text=True, check=False).stdout
    return "Killed" in said


def test_the_service_works_through_rabbitmq(
    rabbitmq: str, tmp_path: Path, service_env: dict[str, str], simulator: SimulatorControl
) -> None:
    stack = Stack(tmp_path, {**service_env, "BROKER_URL": rabbitmq})
    try:
        stack.start_all()
        ids = [stack.post(visit(number)).json()["record_id"] for number in range(1001, 1011)]
        for row_id in ids:
            stack.wait_for_state(row_id, "processed")
        assert len(simulator.receipts()) == 10
    finally:
        stack.close()
