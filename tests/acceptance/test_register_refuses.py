"""The password of the cashier changes on one of three cashboxes in a busy hour, in the small."""

import time
from collections.abc import Mapping
from pathlib import Path

from dev.demo.waiting import wait_until
from dev.harness.posting import Postman
from dev.harness.simulator import MORE_CASHBOXES
from dev.harness.tables import Tables
from dev.harness.world import World
from tests.support.operator import Operator
from tests.support.payloads import visit

SALONS = {307001: MORE_CASHBOXES[0], 307002: MORE_CASHBOXES[1], 307003: "SWK00000004"}
SICK = 307001
VISITS = 8
CASHIER, OLD, NEW = "cashier-of-one@example.test", "old-password", "new-password"
ENVIRONMENT = {"PAYMENT_WAIT_SECONDS": "0", "DISPATCH_INTERVAL_SECONDS": "1", "RETRY_BASE_SECONDS": "0.5"}


def run_cashboxes(world: World, *arguments: str, said: str = "") -> None:
    code, answer = Operator(world).run(*arguments, group="cashboxes", said=said)
    assert code == 0, answer


def post(postman: Postman, first: int) -> None:
    for number in range(first, first + VISITS):
        for company in SALONS:
            envelope = visit(company % 10 * 1000 + number, company=company)
            assert postman.send(envelope).status == 200


def list_issued(world: World, number: str) -> list[str]:
    return [str(row["external_check_number"]) for row in world.simulator.receipts() if row["cashbox"] == number]


def measure(world: World, salons: Mapping[int, str], count: int) -> float:
    """Seconds until the registers of these salons have that many receipts each."""
    began_at = time.monotonic()

    def are_done() -> bool:
        return all(len(list_issued(world, number)) >= count for number in salons.values())

    wait_until(are_done, timeout=180, what="the receipts", poll=0.2)
    return time.monotonic() - began_at


def test_one_alert_no_dead_letter_nobody_slowed_all_issued_after_the_mend(tmp_path: Path) -> None:
    well = {company: number for company, number in SALONS.items() if company != SICK}
    with World(tmp_path, ENVIRONMENT, workers=1, beats=1, cashboxes=SALONS.values()) as world:
        world.migrate()
        world.simulator.process.start()
        world.simulator.settings(cashiers={CASHIER: OLD})
        for company, number in SALONS.items():
            own = ("--vat=auto", "--login", CASHIER, "--password", "-") if company == SICK else ("--vat=auto",)
            run_cashboxes(world, "add", f"--company={company}", f"--cashbox={number}", *own, said=OLD)
        world.start()
        tables, postman = Tables(world.postgres), Postman(world.stack.webhook_url)
        post(postman, 0)
        measure(world, SALONS, VISITS)

        world.simulator.settings(cashiers={CASHIER: NEW})
        world.simulator.revoke_tokens()
        calls = len(world.simulator.journal("check"))
        post(postman, VISITS)
        measure(world, well, 2 * VISITS)
        # What slows others is work done for the sick one: it costs them no call.
        assert len(world.simulator.journal("check")) - calls <= 2 * VISITS + 4
        wait_until(lambda: tables.ask("SELECT 1 FROM alerts WHERE kind = 'cashbox_paused'"), timeout=90, what="the alert")
        assert len(list_issued(world, SALONS[SICK])) == VISITS
        assert tables.list_given_up() == []

        run_cashboxes(world, "add", f"--company={SICK}", f"--cashbox={SALONS[SICK]}", "--password", "-", said=NEW)
        run_cashboxes(world, "check", SALONS[SICK])
        assert measure(world, SALONS, 2 * VISITS) < 60

        wait_until(lambda: not tables.list_open(), timeout=60, what="everything to end")
        assert tables.ask("SELECT count(*) FROM alerts WHERE kind = 'cashbox_paused'") == [(1,)]
        assert (tables.list_given_up(), tables.list_failed(), world.simulator.count_overlaps()) == ([], [], 0)
        # Oldest first: in the order in which they were decided.
        decided = tables.ask(f"SELECT external_check_number FROM receipts WHERE company_id = {SICK} ORDER BY id")
        assert list_issued(world, SALONS[SICK]) == [number for (number,) in decided]
        assert len(decided) == 2 * VISITS
