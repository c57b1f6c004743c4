"""Six hours without Webkassa in fast motion: what gathered drains at once, and no cashbox is left behind."""

import time
from collections.abc import Sequence

from sqlalchemy import Connection, text

from dev.bench.material.backlog import ISSUED, add_paid_visits, count
from dev.bench.receipts import send
from dev.bench.world import AT_ONCE, open_world
from dev.demo.waiting import wait_until
from dev.harness.command import tell
from dev.harness.report import show_table

CASHBOXES = 50
_DECIDE_SECONDS, _DRAIN_SECONDS = 1200.0, 1800.0


def run(receipts: int) -> None:
    """Nothing answers at Webkassa's address while all are decided; then it is back, at 20 ms a call."""
    with open_world(AT_ONCE) as world:
        world.add_salons(CASHBOXES)
        with world.postgres.connect() as connection:
            send(world, add_paid_visits(connection, receipts, CASHBOXES))
            for name in ("worker-0", "worker-1"):
                world.start_worker(name)
            world.stack.add_beat().start()
            tell(f"outage: deciding {receipts} visits")
            wait_until(lambda: count(connection, "receipts") == receipts, timeout=_DECIDE_SECONDS, what="decisions", poll=1)
            world.start_simulator(CASHBOXES, 20)
            begun = time.perf_counter()
            wait_until(lambda: count(connection, ISSUED) >= receipts / 2, timeout=_DRAIN_SECONDS, what="half", poll=0.2)
            halfway = _count_by_cashbox(connection)
            wait_until(lambda: count(connection, ISSUED) == receipts, timeout=_DRAIN_SECONDS, what="all receipts", poll=0.5)
            seconds = time.perf_counter() - begun
            spent = connection.scalar(text("SELECT max(budget_used) FROM receipts"))
        overlaps, documents = world.simulator.count_overlaps(), len(world.simulator.receipts())
    rows = [
        ("receipts that waited", receipts),
        ("documents at Webkassa afterwards", documents),
        ("calls that overlapped at a cashbox", overlaps),
        ("seconds to drain", seconds),
        ("receipts/s", receipts / seconds),
        ("issued at half time: the cashbox with fewest, with most", f"{min(halfway)}, {max(halfway)}"),
        ("attempts of its budget that any receipt spent", spent),
    ]
    print(show_table(["after an outage, 50 cashboxes, 2 workers", ""], rows), end="\n\n")


def _count_by_cashbox(connection: Connection) -> Sequence[int]:
    counts = """
        SELECT count(receipts.id) FROM cashboxes
        LEFT JOIN receipts ON receipts.cashbox_id = cashboxes.id AND receipts.state = 'issued' GROUP BY cashboxes.id
    """
    return connection.execute(text(counts)).scalars().all()
