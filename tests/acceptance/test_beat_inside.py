"""`celery -A worker worker -B`: one process less for a salon with one machine, and as many slots as its registers need."""

from collections.abc import Callable, Mapping
from pathlib import Path

import redis
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from dev.demo.children import worker_command
from dev.demo.processes import find_children
from shared.queue import DISPATCH, MAINTENANCE
from shared.storage.models import Cashbox
from tests.support.payloads import COMPANY, visit
from tests.support.stack import Stack


def test_a_worker_with_beat_inside_is_one_process_and_does_both(stack: Callable[..., Stack], tmp_path: Path) -> None:
    service = stack(workers=0, beat=False, env={"DISPATCH_INTERVAL_SECONDS": "1"})
    add_registers(service.environment, 9)
    command = (*worker_command("both"), "-B", "--schedule", str(tmp_path / "schedule"))
    worker = service.add("both", command, lambda said: " ready." in said)
    worker.start()
    await_ticks(service.environment["REDIS_URL"], 2)
    assert find_children(worker.pid) == []
    service.post(visit(5101))
    service.wait_for(lambda: (service.status(5101)["receipt"] or {}).get("state") == "issued", what="the receipt")
    assert ".> concurrency: 13 (thread)" in worker.log.read_text("utf-8")
    worker.stop()
    assert "Traceback" not in worker.log.read_text("utf-8")


def await_ticks(url: str, count: int) -> None:
    """Workers do late rounds without beat, but put no message into a queue for them."""
    with redis.Redis.from_url(url) as client, client.monitor() as monitor:
        for said in monitor.listen():
            count -= said["command"].startswith(f"LPUSH {MAINTENANCE} ") and DISPATCH in said["command"]
            if count == 0:
                return


def add_registers(environment: Mapping[str, str], count: int) -> None:
    """The first is the salon's, the others are those of salons that never sell."""
    with Session(create_engine(environment["DATABASE_URL"])) as session:
        session.add(Cashbox(unique_number=environment["WEBKASSA_SHOP_ID"], company_id=COMPANY))
        session.add_all(Cashbox(unique_number=f"SWK{place:08}", company_id=place) for place in range(501, 500 + count))
        session.commit()
