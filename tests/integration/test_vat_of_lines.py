"""Two rates in a salon, by the day of the service, to the register and back: the law's New Year of 2027."""

from decimal import Decimal
from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import goods, payment, visit
from tests.support.salon import Salon, paid_for, sold_line
from worker.issue.issue_due import issue_due
from worker.issue.make_return import make_return
from worker.salon.administration import BadCashbox, Changes, add_cashbox, check_cashbox

CLINIC = 777
SERVICES = [{"id": 8101, "title": "Ботокс, 1 зона", "cost": 21000}, {"id": 8102, "title": "Маникюр", "cost": 11600}]


@pytest.fixture
def clinic(bridge: Bridge, simulator: SimulatorControl) -> Bridge:
    with bridge.services.sessions.begin() as session:
        changes = Changes(vat="auto", vat_lines="ботокс=medical, good:9001=periodicals")
        add_cashbox(session, bridge.services.settings, CLINIC, MORE_CASHBOXES[0], changes)
    simulator.settings(vat_days=500)
    return bridge


@pytest.fixture
def asking(bridge: Bridge, simulator: SimulatorControl, altegio: AltegioControl) -> Salon:
    return Salon(bridge, simulator, altegio)


def told(simulator: SimulatorControl, number: int = 0) -> list[tuple[str, int | None, str]]:
    return [(row["name"], row["tax_percent"], row["tax"]) for row in simulator.receipts()[number]["positions"]]


@pytest.mark.parametrize(
    ("date", "botox"),
    [
        ("2026-12-31 23:59:00", ("Ботокс, 1 зона", 5, "1000.00")),
        ("2027-01-01 00:00:00", ("Ботокс, 1 зона", 10, "1909.09")),
        # The last minute of the old year in Almaty, whatever the time is elsewhere.
        ("2026-12-31T23:59:00+05:00", ("Ботокс, 1 зона", 5, "1000.00")),
        ("2026-12-31T19:00:00+00:00", ("Ботокс, 1 зона", 10, "1909.09")),
    ],
)
def test_the_day_of_the_service_decides(clinic: Bridge, simulator: SimulatorControl, date: str, botox: Any) -> None:
    """Whenever it was paid: both visits are paid on the day on which the test runs."""
    clinic.deliver(visit(company=CLINIC, date=date, services=SERVICES))
    assert told(simulator) == [botox, ("Маникюр", 16, "1600.00")]
    assert clinic.receipt().tax == sum(Decimal(tax) for *_, tax in told(simulator))


def test_goods_by_the_day_of_the_sale(clinic: Bridge, simulator: SimulatorControl) -> None:
    clinic.deliver(goods(9001, 1100, create_date="2027-01-02T10:00:00+0500") | {"company_id": CLINIC})
    assert told(simulator) == [("Шампунь", 10, "100.00")]


class TestReadFromTheDocument:
    """A sale document names the product and does not tell its id; the webhook of the line does."""

    @pytest.fixture
    def by_ids(self, asking: Salon) -> Salon:
        asking.choose(webkassa_vat="auto", vat_lines="good:1=periodicals, service:8101=medical")
        return asking

    def test_the_id_is_that_of_the_webhook(self, by_ids: Salon) -> None:
        by_ids.tell(sold_line(1, 1100, "Журнал"), sold_line(2, 1160), paid_for(1, 2260, "goods_transaction"))
        assert told(by_ids.simulator) == [("Журнал", 10, "100.00"), ("Шампунь", 16, "160.00")]

    @pytest.mark.parametrize("sold_as", ["good", "service"])
    def test_without_an_id_a_person_is_asked(self, by_ids: Salon, sold_as: str) -> None:
        of_service = {"sold_as": "service"} if sold_as == "service" else {}
        by_ids.know(sold_line(1, 1100, "Услуга", **of_service))
        by_ids.tell(paid_for(1, 1100, "service" if of_service else "goods_transaction"))
        by_ids.let_waits_end()
        assert by_ids.issued == {}
        reason = "Altegio did not tell the id of 'Услуга', 1100.00 ₸, and ids decide the VAT rate"
        assert by_ids.asked == {"no_vat_rate": reason}

    def test_the_webhook_that_comes_after_all_settles_it(self, by_ids: Salon) -> None:
        by_ids.know(sold_line(1, 1100, "Журнал"))
        by_ids.tell(paid_for(1, 1100, "goods_transaction"))
        by_ids.let_waits_end()
        by_ids.tell(sold_line(1, 1100, "Журнал"))
        assert told(by_ids.simulator) == [("Журнал", 10, "100.00")]
        assert by_ids.asked == {}

    def test_where_no_id_could_change_the_rate_nobody_is(self, by_ids: Salon) -> None:
        by_ids.choose(webkassa_vat="auto", vat_lines="service:8101=medical")
        by_ids.know(sold_line(1, 1160))
        by_ids.tell(paid_for(1, 1160, "goods_transaction"))
        by_ids.let_waits_end()
        assert told(by_ids.simulator) == [("Шампунь", 16, "160.00")]


def test_a_payment_of_the_old_year_for_a_service_of_the_new(clinic: Bridge, simulator: SimulatorControl) -> None:
    """A prepayment makes no turnover: the rate is that of the service."""
    paid = payment(1, 32600, changed="2026-12-20T12:00:00+0500") | {"company_id": CLINIC}
    clinic.deliver(paid, visit(company=CLINIC, date="2027-01-05 12:00:00", services=SERVICES))
    assert [percent for _, percent, _ in told(simulator)] == [10, 16]


def test_a_return_keeps_the_rates_of_its_sale_line_by_line(clinic: Bridge, simulator: SimulatorControl) -> None:
    clinic.deliver(visit(company=CLINIC, date="2026-12-31 12:00:00", services=SERVICES))
    with clinic.services.sessions.begin() as session:
        add_cashbox(session, clinic.services.settings, CLINIC, MORE_CASHBOXES[0], Changes(vat="none", vat_lines=""))
    clinic.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('dana', 'manager', '-')")
    clinic.execute(
        "INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, lines)"
        " VALUES (1, 1, gen_random_uuid(), 'x', '[{\"position\": 0, \"count\": 1}]')"
    )
    cashbox = make_return(clinic.services.sessions, 1)
    assert cashbox is not None
    issue_due(clinic.services, cashbox)
    assert told(simulator, 1) == [("Ботокс, 1 зона", 5, "1000.00")]


def test_a_day_whose_rate_nobody_knows_waits_for_a_person(clinic: Bridge, simulator: SimulatorControl) -> None:
    (row,) = clinic.deliver(visit(company=CLINIC, date="2025-12-31 12:00:00", services=SERVICES))
    assert (row.state, row.error_code, simulator.receipts()) == ("dead_lettered", "no_vat_rate", [])
    assert row.reason == "no VAT rate is known for medical on 2025-12-31"


def test_a_word_that_is_no_turnover_is_refused_where_it_is_set(clinic: Bridge) -> None:
    with clinic.services.sessions.begin() as session, pytest.raises(BadCashbox, match="--vat-lines"):
        add_cashbox(session, clinic.services.settings, CLINIC, MORE_CASHBOXES[0], Changes(vat_lines="ботокс=reduced"))


def test_the_check_asks_for_every_rate(clinic: Bridge, simulator: SimulatorControl) -> None:
    services = clinic.services
    with services.sessions.begin() as session:
        cashbox = add_cashbox(
            session, services.settings, CLINIC, MORE_CASHBOXES[0], Changes(vat_lines="ботокс=7, x=medical")
        )
    found = check_cashbox(services.sessions, services.settings, services.clients, cashbox, "000000000000")
    assert [one.text for one in found if one.level == "problem"] == [
        "VAT 7 % is none of the organisation's rates: 5, 10, 12, 16"
    ]
