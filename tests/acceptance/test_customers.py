"""Receipts in customers' hands: a day whose mail server refuses and whose workers die, and the commands for people."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dev.chaos.options import Options
from dev.chaos.run import Run
from dev.harness.mail_server import MailServer
from dev.harness.simulator import SimulatorControl
from tests.support.operator import Operator
from tests.support.payloads import COMPANY, visit
from tests.support.stack import Stack

CLIENT = {"id": 7, "name": "Айгүл", "phone": "8 701 555 01 42", "email": "a@mail.kz"}


@pytest.mark.deadline(900)
def test_every_receipt_is_mailed_once_whatever_dies(tmp_path: Path) -> None:
    """`make chaos ARGS="--due 300 --mail 10"` is the long form."""
    result = Run(Options(seed=5, due=30, scope="shift", mail=0.5), tmp_path).run()

    assert result.verdict.is_clean, result.format()
    assert {"unmailed", "mailed_twice", "mailed_wrongly"} <= set(result.verdict.columns)
    assert result.mails > 10, result.format()


def test_people_see_to_what_is_not_certain_and_to_who_wants_none(
    stack: Callable[..., Stack], simulator: SimulatorControl
) -> None:
    with MailServer() as mail:
        service = stack(env={"RECEIPT_TO_CLIENT": "webkassa, email", "SMTP_URL": mail.url, "SMTP_FROM": "r@salon.kz"})
        operator = Operator(service)

        def run(*words: str) -> str:
            code, text = operator.run(*words, group="customers")
            assert code == 0, text
            return text.strip()

        def sell(record_id: int) -> None:
            row = int(service.post(visit(record_id, client=CLIENT)).json()["record_id"])
            service.wait_for_state(row, "processed")

        with mail.being("losing"):
            sell(1001)
            service.wait_for(lambda: json.loads(run("messages", "--json")), what="a message to be uncertain")
        [message] = json.loads(run("messages", "--json"))
        assert (message["state"], message["receipt"], message["client"]) == ("uncertain", "altegio_1001", 7)
        assert "a@mail.kz" not in str(message)
        assert run("resend", str(message["id"])) == "to be sent again: 1 of 1"
        service.wait_for(lambda: len(mail.mails) == 2, what="it to be sent again")
        assert len({one.message_id for one in mail.mails}) == 1

        company = ("--company", str(COMPANY))
        assert run("opt-out", *company, "7", "8") == "opted out: 2 of 2, the others had before"
        assert [row["client"] for row in json.loads(run("opted-out", *company, "--json"))] == [8, 7]
        sell(1002)
        assert run("opt-in", *company, "7") == "opted in: 1 of 1, the others were already"
        sell(1003)
        service.wait_for(lambda: len(mail.mails) == 3, what="the next receipt to be mailed")
        assert "altegio_1003" in mail.mails[-1].message_id
        told = [entry["body"].get("CustomerPhone") for entry in simulator.journal("check")]
        assert told == ["+77015550142", None, "+77015550142"]
