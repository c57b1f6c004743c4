"""The other ways: a signed call of another system, an SMS by Apprise, the night, and messages of returns."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from dev.demo.waiting import find_free_port
from dev.harness.mail_server import MailServer
from shared.storage.models import Checkout, ReturnOrder, StaffUser
from tests.integration.customer.conftest import CLIENT, Outbox
from tests.support.payloads import COMPANY, visit
from tests.support.post_box import PostBox
from worker.issue.make_return import make_return
from worker.salon.customer.channels.webhook import KEY, SIGNATURE
from worker.salon.customer.clients import opt_out

SECRET = "only they and we"


class Receiver:
    """Another system. `answers`: its status, or None to hang up without one."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: int | None = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers.items()), body))
                if receiver.answers is None:
                    self.connection.close()
                    return
                self.send_response(receiver.answers)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/receipts?of=salon"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.fixture
def calling(outbox: Outbox, receiver: Receiver) -> Outbox:
    outbox.choose(receipt_to_client="webhook", receipt_webhook_url=receiver.url, receipt_webhook_secret=SECRET)
    return outbox


@pytest.fixture
def post_box() -> Iterator[PostBox]:
    box = PostBox()
    yield box
    box.close()


def sell(outbox: Outbox) -> None:
    outbox.bridge.deliver(visit(client=CLIENT))


def give_back(outbox: Outbox, **order: Any) -> None:
    with outbox.bridge.services.sessions.begin() as session:
        user = StaffUser(login=f"dana{uuid4()}", password_hash="-", role="manager")
        session.add(user)
        session.flush()
        row = ReturnOrder(receipt_id=1, staff_user_id=user.id, form_key=uuid4(), reason="-", lines=[], **order)
        session.add(row)
        session.flush()
        order_id = row.id
    make_return(outbox.bridge.services.sessions, order_id)
    outbox.bridge.issue()


def test_another_system_is_told_once_and_can_check_who_tells(calling: Outbox, receiver: Receiver) -> None:
    sell(calling)
    calling.deliver(2)
    ((headers, body),) = receiver.calls
    assert headers[SIGNATURE] == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    told, receipt = json.loads(body), calling.bridge.receipt()
    assert headers[KEY] == told["id"] == "receipt-altegio_1001-webhook"
    assert told["customer"] == {"email": "a@mail.kz", "phone": "+77015550142"}
    assert told["receipt"] == {
        "company_id": COMPANY,
        "kind": "sale",
        "number": "altegio_1001",
        "fiscal_number": receipt.fiscal_number,
        "total": "4000.00",
        "link": receipt.receipt_url,
    }
    assert told["message"]["text"].endswith(str(receipt.receipt_url))
    assert calling.states == ["handed_over"]


@pytest.mark.parametrize("status", [500, 503, 429, 302, 404])
def test_whoever_answers_otherwise_has_not_taken_it(calling: Outbox, receiver: Receiver, status: int) -> None:
    sell(calling)
    receiver.answers = status
    calling.deliver()
    assert calling.states == ["waiting"]
    receiver.answers = 202
    calling.deliver()
    assert (calling.states, len(receiver.calls)) == (["handed_over"], 2)
    assert len({headers[KEY] for headers, _ in receiver.calls}) == 1


def test_an_answer_that_never_came_is_not_certain(calling: Outbox, receiver: Receiver) -> None:
    sell(calling)
    receiver.answers = None
    calling.deliver(2)
    assert (calling.states, len(receiver.calls)) == (["uncertain"], 1)


def test_a_system_that_is_not_there_is_told_later(calling: Outbox, receiver: Receiver) -> None:
    sell(calling)
    settings = {"receipt_to_client": "webhook", "receipt_webhook_secret": SECRET}
    calling.choose(**settings, receipt_webhook_url=f"http://127.0.0.1:{find_free_port()}/")
    calling.deliver(2)
    assert calling.states == ["waiting"]
    calling.choose(**settings, receipt_webhook_url=receiver.url)
    calling.deliver()
    assert calling.states == ["handed_over"]


def sms_url(box: PostBox) -> str:
    return box.address.replace("/alerts", "/{phone}")


def test_an_sms_goes_by_apprise(outbox: Outbox, post_box: PostBox) -> None:
    outbox.choose(receipt_to_client="sms", sms_url=sms_url(post_box))
    sell(outbox)
    outbox.deliver(2)
    (message,) = post_box.messages
    assert message["message"] == f"Ваш фискальный чек: {outbox.bridge.receipt().receipt_url}"
    assert outbox.states == ["handed_over"]


def test_a_gateway_that_does_not_say_yes_is_not_asked_twice(outbox: Outbox, post_box: PostBox) -> None:
    outbox.choose(receipt_to_client="sms", sms_url=sms_url(post_box))
    post_box.refuses = True
    sell(outbox)
    outbox.deliver(2)
    (message,) = outbox.rows()
    assert (message.state, message.attempts) == ("uncertain", 1)


def test_nothing_rings_in_the_night_and_mails_go(outbox: Outbox, mail: MailServer, receiver: Receiver) -> None:
    moment = outbox.bridge.scalar("SELECT to_char(now() AT TIME ZONE 'Asia/Almaty', 'HH24:MI')")
    end = outbox.bridge.scalar("SELECT to_char(now() AT TIME ZONE 'Asia/Almaty' + interval '2 hours', 'HH24:MI')")
    chosen = {
        "receipt_to_client": "email, webhook",
        "smtp_url": mail.url,
        "receipt_webhook_url": receiver.url,
        "receipt_webhook_secret": SECRET,
    }
    outbox.choose(**chosen, quiet_hours=f"{moment}-{end}")
    sell(outbox)
    outbox.deliver(2)
    assert (outbox.states, len(mail.mails), receiver.calls) == (["handed_over", "waiting"], 1, [])
    waits = outbox.bridge.scalar(
        "SELECT extract(epoch FROM next_attempt_at - now()) FROM customer_messages WHERE ended_at IS NULL"
    )
    assert 3600 < waits <= 7200
    outbox.choose(**chosen, quiet_hours="none")
    outbox.deliver()
    assert (outbox.states, len(receiver.calls)) == (["handed_over", "handed_over"], 1)


def test_a_return_has_a_message_of_its_own(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    mailing.deliver()
    give_back(mailing)
    mailing.deliver()
    assert [letter.subject for letter in mail.mails] == ["Ваш фискальный чек", "Ваш фискальный чек возврата"]
    assert {letter.recipient for letter in mail.mails} == {"a@mail.kz"}
    assert len({letter.message_id for letter in mail.mails}) == 2


def test_a_return_is_not_mailed_to_who_opted_out_since(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    mailing.deliver()
    opt_out(mailing.bridge.services.sessions, COMPANY, [7], "dana")
    give_back(mailing)
    mailing.deliver()
    assert (mailing.states, len(mail.mails)) == (["handed_over", "dropped"], 1)


def test_a_sale_made_anew_has_one_too(mailing: Outbox, mail: MailServer) -> None:
    sell(mailing)
    mailing.deliver()
    give_back(mailing, sold_anew={"card": "4000.00"})
    mailing.bridge.issue()
    mailing.deliver()
    assert [receipt.kind for receipt in mailing.bridge.receipts()] == ["sale", "return", "sale"]
    assert (mailing.states, len(mail.mails)) == (["handed_over"] * 3, 3)


def test_what_staff_typed_is_mailed_also_to_who_opted_out(mailing: Outbox, mail: MailServer) -> None:
    opt_out(mailing.bridge.services.sessions, COMPANY, [7], "dana")
    mailing.bridge.deliver(visit(paid=0, client=CLIENT))
    with mailing.bridge.services.sessions.begin() as session:
        user = StaffUser(login="dana", password_hash="-", role="manager")
        session.add(user)
        session.flush()
        session.add(
            Checkout(
                company_id=COMPANY,
                record_id=1001,
                staff_user_id=user.id,
                form_key=uuid4(),
                total=4000,
                customer_email="typed@mail.kz",
            )
        )
    mailing.bridge.execute(
        "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id) VALUES (:c, 1001, 'cash', 4000, 1)",
        c=COMPANY,
    )
    mailing.bridge.execute("UPDATE webhook_records SET state = 'received', next_attempt_at = now()")
    mailing.bridge.decide_open()
    mailing.bridge.issue()
    mailing.deliver()
    assert [letter.recipient for letter in mail.mails] == ["typed@mail.kz"]
