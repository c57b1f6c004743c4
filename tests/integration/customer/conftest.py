"""A mail server beside the bridge, and what its outbox holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from dev.harness.mail_server import MailServer
from shared.storage.models import CustomerMessage
from tests.support.bridge import Bridge
from worker.salon.customer.delivery import deliver_due

CLIENT = {"id": 7, "name": "Айгүл", "phone": "8 701 555 01 42", "email": "a@mail.kz"}
SENDER = "Салон <receipts@salon.kz>"


@dataclass
class Outbox:
    """The messages of a bridge."""

    bridge: Bridge

    def choose(self, **changes: Any) -> None:
        """From now on the bridge works with these settings."""
        self.bridge.configure(**{"smtp_from": SENDER, "quiet_hours": "none", **changes})

    def deliver(self, times: int = 1) -> None:
        """What is due is sent; each time all waiting is over before."""
        for _ in range(times):
            self.bridge.execute("UPDATE customer_messages SET next_attempt_at = now() WHERE ended_at IS NULL")
            deliver_due(self.bridge.services)

    def rows(self) -> list[CustomerMessage]:
        with self.bridge.services.sessions() as session:
            return list(session.scalars(select(CustomerMessage).order_by(CustomerMessage.id)))

    @property
    def states(self) -> list[str]:
        return [message.state for message in self.rows()]

    def end_leases(self) -> None:
        """The worker that sends is gone, and its time is over."""
        self.bridge.execute("UPDATE customer_messages SET lease_until = now() - interval '1 second' WHERE state = 'sending'")


@pytest.fixture(scope="module")
def listening() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(listening: MailServer) -> MailServer:
    listening.listen()
    listening.mails.clear()
    listening.connections = 0
    return listening


@pytest.fixture
def outbox(bridge: Bridge) -> Outbox:
    return Outbox(bridge)


@pytest.fixture
def mailing(outbox: Outbox, mail: MailServer) -> Outbox:
    """A salon that sends e-mails of its own."""
    outbox.choose(receipt_to_client="email", smtp_url=mail.url)
    return outbox
