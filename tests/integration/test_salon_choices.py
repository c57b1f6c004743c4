"""What a salon has chosen about its money: which word holds, and what the examination says of its accounts."""

import pytest

from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import payment, visit
from worker.entry.doctor.accounts import look_at_accounts
from worker.salon.administration import BadCashbox, Changes, add_cashbox, list_cashboxes
from worker.salon.policy import Policy
from worker.salon.serving import load_salon

SALON = 777


def add(bridge: Bridge, **changes: str) -> None:
    with bridge.services.sessions.begin() as session:
        add_cashbox(session, bridge.services.settings, SALON, MORE_CASHBOXES[0], Changes(**changes))


def policy(bridge: Bridge, company: int = SALON) -> Policy:
    with bridge.services.sessions.begin() as session:
        return load_salon(session, bridge.services.settings, company).policy


def test_the_defaults_are_those_of_a_policy(bridge: Bridge) -> None:
    assert policy(bridge) == Policy()
    assert policy(bridge).accounts == {"Kaspi": "mobile"}
    assert {"чаевые", "tips"} <= set(policy(bridge).tip_words)


def test_the_salons_words_and_the_environments(bridge: Bridge) -> None:
    bridge.configure(deposits="at_spending", tips="чай, 17")
    add(bridge, deposits="at_top_up", payment_kinds="46003=elsewhere, сейф=cash", certificates_as="goods")
    own, other = policy(bridge), policy(bridge, 888)
    assert (own.deposits, other.deposits) == ("at_top_up", "at_spending")
    assert own.accounts == {"id:46003": "elsewhere", "сейф": "cash"}
    assert own.tip_words == other.tip_words == ("чай", "id:17")
    assert (own.certificates_as_services, other.certificates_as_services) == (False, True)
    assert own.part_payments == "one_at_end"
    with bridge.services.sessions() as session:
        (listed,) = (row["choices"] for row in list_cashboxes(session) if row["company_id"] == SALON)
    assert listed == "payment_kinds: 46003=elsewhere, сейф=cash; deposits: at_top_up; certificates_as: goods"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deposits": "never"}, "--deposits"),
        ({"payment_kinds": "Kaspi=barter"}, "--payment-kinds"),
        ({"certificates_as": "money"}, "--certificates-as"),
        # Not carried out by the decisions yet, so nobody may rely on it.
        ({"part_payments": "half"}, "--part-payments"),
        ({"receipt_to_client": "fax"}, "--receipt-to-client"),
        # Nobody could send it.
        ({"receipt_to_client": "webkassa, email"}, "--receipt-to-client: it needs SMTP_URL, SMTP_FROM"),
    ],
)
def test_a_bad_choice_names_its_option(bridge: Bridge, changes: dict[str, str], words: str) -> None:
    with pytest.raises(BadCashbox, match=words):
        add(bridge, **changes)


def test_kaspi_is_a_mobile_payment_without_a_word_of_the_salons(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(payment(1, 4000, cash=False, till="Kaspi терминал"), visit())
    (receipt,) = simulator.receipts()
    assert receipt["payments"] == [{"type": 4, "sum": "4000.00"}]


def test_the_examination_tells_accounts_and_what_is_unsure(bridge: Bridge) -> None:
    add(bridge, payment_kinds="Расчётный счёт=none")
    sessions = bridge.services.sessions
    assert list(look_at_accounts(sessions, bridge.services.settings)) == []
    for number, (till, cash) in enumerate({"Касса": True, "Расчётный счёт": False, "Сейф": None}.items(), start=1):
        told = payment(number, 1000, cash=cash, till=till) | {"company_id": SALON}
        told["data"]["account"]["id"] = number
        bridge.deliver(told)
    known, unsure = look_at_accounts(sessions, bridge.services.settings)
    assert known.name == f"accounts of salon {SALON}"
    assert known.said == "Касса (id 1): cash, by Altegio; Расчётный счёт (id 2): none, chosen; Сейф (id 3): unsure"
    assert (known.level, unsure.level) == ("ok", "warning")
    assert unsure.said.startswith("Сейф (id 3)")
    assert "id:3=card" in unsure.fix
