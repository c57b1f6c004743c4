"""The oracle's look into mailboxes finds what it is there for."""

from dev.chaos.mail import Customers, describe_delays, find_customers, judge_mails, measure_delays
from dev.harness.mail_server import Mail
from dev.simulator.altegio.day import generate_day

CUSTOMERS = Customers({"altegio_1": "a@x.kz", "altegio_2": "b@x.kz"}, frozenset({(1, 7)}))
ISSUED = {"altegio_1": "11", "altegio_3": "33"}


def mail(number: str, to: str, at: float = 0.0) -> Mail:
    return Mail(to, f"<receipt-{number}-email@salon.example>", "-", "-", at)


def count(*mails: Mail) -> dict[str, int]:
    return {column: len(lines) for column, lines in judge_mails(CUSTOMERS, ISSUED, mails).items()}


def test_once_to_the_right_one_is_clean() -> None:
    assert count(mail("altegio_1", "a@x.kz")) == {"unmailed": 0, "mailed_twice": 0, "mailed_wrongly": 0}


def test_what_is_wrong_is_found() -> None:
    assert count() == {"unmailed": 1, "mailed_twice": 0, "mailed_wrongly": 0}
    assert count(*[mail("altegio_1", "a@x.kz")] * 2)["mailed_twice"] == 1
    # Another's, one that was not issued, and one of somebody who left no address or opted out.
    for wrong in (mail("altegio_1", "b@x.kz"), mail("altegio_2", "b@x.kz"), mail("altegio_3", "c@x.kz")):
        assert count(mail("altegio_1", "a@x.kz"), wrong)["mailed_wrongly"] == 1


def test_a_day_has_clients_with_addresses_without_and_who_want_none() -> None:
    day = generate_day(3, visits=60)
    customers = find_customers(day.envelopes)
    visits = {one["resource_id"] for one in day.envelopes if one["resource"] == "record"}
    assert customers.opted_out
    assert 0 < len(customers.addresses) < len(visits) - len(customers.opted_out)


def test_delays_count_from_the_issue_of_receipts_in_peace() -> None:
    mails = [mail("altegio_1", "a@x.kz", 105.0), mail("altegio_2", "b@x.kz", 100.0)]
    assert measure_delays({"altegio_1": 100.0, "altegio_2": 50.0}, mails, since=90.0) == [5.0]
    assert describe_delays([1.0, 20.0]).startswith("2 mails while all was well: 50.0% within 10 s of issue")
