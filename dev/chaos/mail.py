"""Receipts in customers' mailboxes: who has to get which, and what the mail server took. Pure but for its data."""

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dev.harness.mail_server import Mail
from dev.harness.posting import find_number
from dev.simulator.altegio.bodies import Envelope

SENDER = "receipts@salon.example"
# One client in so many wants no receipts.
OPTED_OUT_EVERY = 7
SOON_SECONDS = 10.0


@dataclass(frozen=True)
class Customers:
    """Holds the clients of a day: `addresses` by the number of their receipt, `opted_out` as (company, client)."""

    addresses: Mapping[str, str]
    opted_out: frozenset[tuple[int, int]]


def find_customers(envelopes: Sequence[Envelope]) -> Customers:
    """Returns who a day's webhooks name; those who want no receipts are chosen by their ids."""
    addresses, opted_out = {}, set()
    for envelope in envelopes:
        number, client = find_number(envelope), envelope["data"].get("client") if envelope["resource"] == "record" else None
        if not number or not client:
            continue
        if client["id"] % OPTED_OUT_EVERY == 0:
            opted_out.add((envelope["company_id"], client["id"]))
        elif client["email"]:
            addresses[number] = client["email"]
    return Customers(addresses, frozenset(opted_out))


def judge_mails(customers: Customers, issued: Mapping[str, object], mails: Sequence[Mail]) -> dict[str, list[str]]:
    """Returns what is wrong, by the oracle's columns: each issued receipt goes to its customer once, and to nobody else."""
    wanted = {number: address for number, address in customers.addresses.items() if number in issued}
    got = Counter((find_receipt(mail), mail.recipient) for mail in mails)
    return {
        "unmailed": [f"{number}: not mailed" for number, address in wanted.items() if not got[number, address]],
        "mailed_twice": [f"{number}: mailed {count} times" for (number, _), count in got.items() if count > 1],
        "mailed_wrongly": [f"{number}: mailed to another" for number, to in got if wanted.get(number) != to],
    }


def find_receipt(mail: Mail) -> str:
    """Returns the number of the receipt that a mail brings."""
    return mail.message_id.removeprefix("<receipt-").partition("-email@")[0]


def measure_delays(issued_at: Mapping[str, float], mails: Sequence[Mail], since: float) -> list[float]:
    """Returns the seconds from issue to mailbox of the receipts that were issued after that moment, in order of length."""
    return sorted(_list_delays(issued_at, mails, since))


def _list_delays(issued_at: Mapping[str, float], mails: Sequence[Mail], since: float) -> Iterator[float]:
    for mail in mails:
        moment = issued_at.get(find_receipt(mail))
        if moment is not None and moment >= since:
            yield max(0.0, mail.taken_at - moment)


def describe_delays(delays: Sequence[float]) -> str:
    """Returns the figures of a run in words."""
    if len(delays) < 2:
        return "too few mails to measure"
    soon = sum(delay <= SOON_SECONDS for delay in delays) / len(delays)
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return (
        f"{len(delays)} mails while all was well: {soon:.1%} within {SOON_SECONDS:g} s of issue,"
        f" p50 {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s, longest {delays[-1]:.2f} s"
    )
