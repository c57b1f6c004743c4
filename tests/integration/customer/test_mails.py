"""E-mails of our own: each receipt to its customer once, whatever the server says, and nothing else in them."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from dev.demo.waiting import wait_until
from dev.harness.mail_server import MailServer, Mood
from dev.harness.simulator import MORE_CASHBOXES
from shared.queue import DELIVER, MAINTENANCE
from tests.integration.customer.conftest import CLIENT, Outbox
from tests.support.payloads import COMPANY, visit
from worker.rounds.rescue import dispatch
from worker.salon.administration import Changes, add_cashbox
from worker.salon.customer import outbox as steps
from worker.salon.customer.channels.channel import MESSAGE_SECONDS
from worker.salon.customer.clients import OPTED_OUT, opt_in, opt_out
from worker.salon.customer.delivery import MAX_REFUSALS, _deliver, deliver_due


def sell(outbox: Outbox, record_id: int = 1001, **client: object) -> None:
    outbox.bridge.deliver(visit(record_id, client={**CLIENT, **client}))


def test_a_receipt_is_mailed_once_and_the_address_forgotten(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    mailing.deliver(3)
    (letter,) = mail.mails
    (message,) = mailing.rows()
    url = mailing.bridge.receipt().receipt_url
    assert letter.recipient == "a@mail.kz"
    assert (letter.subject, letter.text) == ("Ваш фискальный чек", f"Ваш фискальный чек: {url}")
    assert letter.message_id == "<receipt-altegio_1001-email@salon.kz>"
    assert (message.state, message.attempts, message.email, message.phone) == ("handed_over", 1, None, None)
    assert message.ended_at is not None


def test_nothing_is_mailed_before_the_receipt_is_issued(mailing: Outbox, mail: MailServer) -> None:
    mailing.bridge.accept(visit(client=CLIENT))
    mailing.bridge.decide_open()
    mailing.deliver()
    assert (mailing.states, mail.mails) == (["waiting"], [])
    mailing.bridge.issue()
    mailing.deliver()
    assert (mailing.states, len(mail.mails)) == (["handed_over"], 1)


def test_who_has_no_address_gets_nothing(mailing: Outbox) -> None:
    sell(mailing, email="нет")
    assert mailing.rows() == []


def test_the_salons_language(mailing: Outbox, mail: MailServer) -> None:
    with mailing.bridge.services.sessions.begin() as session:
        changes = Changes(receipt_language="kk")
        add_cashbox(session, mailing.bridge.services.settings, COMPANY, MORE_CASHBOXES[0], changes)
    sell(mailing)
    mailing.deliver()
    assert [letter.subject for letter in mail.mails] == ["Сіздің фискалдық чегіңіз"]


def test_many_go_over_one_connection(mailing: Outbox, mail: MailServer) -> None:
    for record_id in range(1, 6):
        sell(mailing, record_id, email=f"{record_id}@mail.kz")
    mailing.deliver()
    assert [letter.recipient for letter in mail.mails] == [f"{n}@mail.kz" for n in range(1, 6)]
    assert mail.connections == 1


@pytest.mark.parametrize("mood", ["away", "closing", "busy", "refusing"])
def test_a_server_that_takes_nothing_for_a_while_gets_it_later(mailing: Outbox, mail: MailServer, mood: Mood) -> None:
    sell(mailing)
    with mail.being(mood):
        mailing.deliver(3)
        assert mail.mails == []
        assert mailing.states == ["waiting"]
    mailing.deliver(2)
    assert (mailing.states, len(mail.mails)) == (["handed_over"], 1)
    assert mailing.bridge.receipt().state == "issued"


def test_while_it_is_away_one_message_knocks_and_none_is_counted(mailing: Outbox, mail: MailServer) -> None:
    for record_id in (1, 2, 3):
        sell(mailing, record_id)
    with mail.being("away"):
        mailing.deliver(MAX_REFUSALS + 1)
        assert sum(message.attempts for message in mailing.rows()) == MAX_REFUSALS + 1
        assert {message.refusals for message in mailing.rows()} == {0}
    mailing.deliver()
    assert len(mail.mails) == 3


def test_a_mailbox_that_is_refused_for_ever_is_given_up(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    with mail.being("refusing"), capture_logs() as said:
        mailing.deliver(MAX_REFUSALS + 1)
    (message,) = mailing.rows()
    assert (message.state, message.attempts, message.email) == ("refused", MAX_REFUSALS, None)
    assert message.problem == "550 5.1.1 ***: no such user"
    assert "a@mail.kz" not in str(said)
    assert mailing.bridge.row().state == "processed"


def test_what_is_no_news_any_more_is_given_up(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    mailing.bridge.execute("UPDATE receipts SET issued_at = issued_at - interval '4 days'")
    with mail.being("away"):
        mailing.deliver()
    assert mailing.states == ["refused"]


def test_what_no_worker_brings_to_an_end_is_given_up_too(mailing: Outbox) -> None:
    sell(mailing)
    assert steps.claim_next(mailing.bridge.services.sessions, ()) is not None
    mailing.bridge.execute("UPDATE customer_messages SET created_at = created_at - interval '4 days', attempts = 5000")
    mailing.end_leases()
    mailing.deliver()
    assert mailing.states == ["refused"]


def test_it_is_tried_again_however_often_it_was(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    mailing.bridge.execute("UPDATE customer_messages SET attempts = 5000")
    with mail.being("busy"):
        mailing.deliver()
    assert mailing.states == ["waiting"]


def test_a_lost_answer_is_not_certain_and_nothing_is_sent_again(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    with mail.being("losing"):
        mailing.deliver()
    mailing.deliver(2)
    assert (mailing.states, len(mail.mails)) == (["uncertain"], 1)


def test_a_worker_lost_before_the_last_step_costs_nothing(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    assert steps.claim_next(mailing.bridge.services.sessions, ()) is not None
    mailing.deliver()
    assert mail.mails == []
    mailing.end_leases()
    mailing.deliver()
    assert (mailing.states, len(mail.mails)) == (["handed_over"], 1)


def test_a_worker_lost_in_the_last_step_is_not_certain(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    sessions = mailing.bridge.services.sessions
    claimed = steps.claim_next(sessions, ())
    assert claimed is not None
    steps.note_begun(sessions, claimed)
    mailing.end_leases()
    mailing.deliver(2)
    assert (mailing.states, mail.mails) == (["uncertain"], [])
    # It only slept, and the server had taken it.
    steps.save_handed_over(sessions, claimed)
    assert mailing.states == ["handed_over"]


def test_a_worker_that_slept_past_its_time_sends_nothing(mailing: Outbox, mail: MailServer) -> None:
    """All but the last dot is at the server then, and it throws that away."""
    sell(mailing)
    services = mailing.bridge.services
    mailing.bridge.execute(
        "CREATE FUNCTION pg_temp_sleep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.lease_until := now() - interval '1 second'; RETURN NEW; END $$"
    )
    mailing.bridge.execute(
        "CREATE TRIGGER slept BEFORE UPDATE ON customer_messages FOR EACH ROW"
        " WHEN (NEW.state = 'sending' AND OLD.state = 'waiting') EXECUTE FUNCTION pg_temp_sleep()"
    )
    try:
        deliver_due(services)
    finally:
        mailing.bridge.execute("DROP TRIGGER slept ON customer_messages")
        mailing.bridge.execute("DROP FUNCTION pg_temp_sleep")
    assert mail.mails == []
    mailing.deliver()
    assert (mailing.states, len(mail.mails)) == (["handed_over"], 1)


def test_workers_side_by_side_send_each_once(mailing: Outbox, mail: MailServer) -> None:
    numbers = range(1, 21)
    for record_id in numbers:
        sell(mailing, record_id, email=f"{record_id}@mail.kz")
    workers = [mailing.bridge.services, *(mailing.bridge.open_services(**_like(mailing)) for _ in range(2))]
    threads = [threading.Thread(target=_deliver, args=(services,)) for services in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(letter.recipient for letter in mail.mails) == sorted(f"{n}@mail.kz" for n in numbers)


def _like(outbox: Outbox) -> dict[str, object]:
    settings = outbox.bridge.services.settings
    return {name: getattr(settings, name) for name in ("receipt_to_client", "smtp_url", "smtp_from", "quiet_hours")}


def test_who_opts_out_gets_nothing_any_more(mailing: Outbox, mail: MailServer) -> None:
    sessions = mailing.bridge.services.sessions
    sell(mailing)
    sell(mailing, 1002, id=8)
    assert opt_out(sessions, COMPANY, [7], "dana") == 1
    assert opt_out(sessions, COMPANY, [7], "dana") == 0
    sell(mailing, 1003)
    mailing.deliver()
    first, second = mailing.rows()
    assert (first.state, first.problem, first.email) == ("dropped", OPTED_OUT, None)
    assert (second.state, len(mail.mails)) == ("handed_over", 1)
    assert opt_in(sessions, COMPANY, [7]) == 1
    sell(mailing, 1004)
    mailing.deliver()
    assert len(mail.mails) == 2


def test_an_opt_out_holds_to_the_last_moment(mailing: Outbox, mail: MailServer) -> None:
    """Written beside a worker that decided just before."""
    sell(mailing)
    mailing.bridge.execute("INSERT INTO customer_opt_outs (company_id, client_id, actor) VALUES (:c, 7, '-')", c=COMPANY)
    mailing.deliver()
    assert (mailing.states, mail.mails) == (["dropped"], [])


def test_without_a_link_there_is_nothing_to_send(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    mailing.bridge.execute("UPDATE receipts SET receipt_url = NULL")
    mailing.deliver()
    assert (mailing.states, mail.mails) == (["dropped"], [])


def test_a_channel_that_is_not_set_up_waits(outbox: Outbox, mail: MailServer) -> None:
    outbox.choose(receipt_to_client="email", smtp_url="")
    sell(outbox)
    outbox.deliver()
    assert outbox.states == ["waiting"]
    assert outbox.rows()[0].problem == "not set: SMTP_URL"
    outbox.choose(receipt_to_client="email", smtp_url=mail.url)
    outbox.deliver()
    assert outbox.states == ["handed_over"]


def test_a_worker_is_told_as_soon_as_a_receipt_is_issued_and_by_the_dispatcher(mailing: Outbox) -> None:
    bridge = mailing.bridge

    def told() -> int:
        return sum(message["headers"]["task"] == DELIVER for message in bridge.messages(MAINTENANCE))

    def await_told_by(step: Callable[[], None]) -> None:
        """Tried again: due is what the clock says, and the clock of a machine may be set back a little at any moment."""
        before = told()

        def is_told() -> bool:
            step()
            return told() > before

        wait_until(is_told, timeout=10, what="a message", poll=0.05)

    bridge.accept(visit(client=CLIENT))
    bridge.decide_open()
    assert told() == 0
    await_told_by(bridge.issue)
    await_told_by(lambda: dispatch(bridge.services))
    mailing.deliver()
    before = told()
    dispatch(bridge.services)
    assert told() == before


def test_a_failing_database_leaves_nothing_in_doubt(mailing: Outbox, mail: MailServer) -> None:
    """The step could not be written down, so the dot did not leave."""
    sell(mailing)
    mailing.bridge.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'away'; END $$"
    )
    mailing.bridge.execute(
        "CREATE TRIGGER failing BEFORE UPDATE ON customer_messages FOR EACH ROW"
        " WHEN (NEW.begun_at IS NOT NULL AND NEW.state = 'sending') EXECUTE FUNCTION fail()"
    )
    try:
        with pytest.raises(Exception, match="away"):
            deliver_due(mailing.bridge.services)
    finally:
        mailing.bridge.execute("DROP TRIGGER failing ON customer_messages")
        mailing.bridge.execute("DROP FUNCTION fail")
    assert (mailing.states, mail.mails) == (["waiting"], [])
    mailing.deliver()
    assert (mailing.states, len(mail.mails)) == (["handed_over"], 1)


def test_a_lease_is_longer_than_signing_in_and_a_message_may_take() -> None:
    assert timedelta(seconds=2 * MESSAGE_SECONDS) < steps.LEASE
