"""A chain: every salon on its own cashbox, with its own credentials and choices, and nobody on somebody else's."""

from typing import Any

import pytest

from dev.demo.state import CASHBOX
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from shared.storage.models import Cashbox
from shared.storage.sealing import CannotUnseal, seal, unseal
from tests.support.bridge import Bridge
from tests.support.documents import make_returns, order_return
from tests.support.payloads import T2, goods, payment, visit
from worker.salon.administration import (
    BadCashbox,
    Changes,
    add_cashbox,
    check_cashbox,
    disable_cashbox,
    list_cashboxes,
    list_unknown_salons,
)

OWN, OTHER = MORE_CASHBOXES
SALON, OTHER_SALON = 777, 888
TAXPAYER = "000000000000"


def add(bridge: Bridge, company: int = SALON, number: str = OWN, **changes: str) -> Cashbox:
    with bridge.services.sessions.begin() as session:
        return add_cashbox(session, bridge.services.settings, company, number, Changes(**changes))


def disable(bridge: Bridge, number: str = OWN) -> int:
    with bridge.services.sessions.begin() as session:
        return disable_cashbox(session, number)


def used(simulator: SimulatorControl) -> dict[str, str]:
    return {receipt["external_check_number"]: receipt["cashbox"] for receipt in simulator.receipts()}


class TestWhoServesWhom:
    def test_each_salon_on_its_own(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        add(bridge)
        add(bridge, OTHER_SALON, OTHER)
        bridge.deliver([visit(1, company=SALON), visit(2, company=OTHER_SALON)])
        assert used(simulator) == {"altegio_1": OWN, "altegio_2": OTHER}

    def test_one_salon_needs_only_the_environment(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(1))
        assert used(simulator) == {"altegio_1": CASHBOX}

    def test_a_salon_nobody_named_is_reported_and_never_fiscalised(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        add(bridge)
        (row,) = bridge.deliver(visit(1, company=999))
        assert (row.state, row.error_code) == ("dead_lettered", "no_cashbox")
        assert "cashboxes add --company 999" in row.reason
        assert simulator.receipts() == []
        with bridge.services.sessions() as session:
            assert list_unknown_salons(session) == [(999, 1)]

    def test_the_environments_salons_are_named(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.configure(altegio_company_id="307626, 307627")
        bridge.deliver([visit(1), visit(2, company=307627), visit(3, company=307628)])
        assert used(simulator) == {"altegio_1": CASHBOX, "altegio_2": CASHBOX}
        assert [row.error_code for row in bridge.rows()] == [None, None, "no_cashbox"]

    def test_the_environments_salon_stays_when_another_gets_its_own(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(visit(1))
        add(bridge)
        bridge.deliver([visit(2), visit(3, company=SALON), visit(4, company=999)])
        assert used(simulator) == {"altegio_1": CASHBOX, "altegio_2": CASHBOX, "altegio_3": OWN}

    def test_a_disabled_cashbox_hands_its_salon_to_nobody(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        add(bridge)
        assert disable(bridge) == 0
        (row,) = bridge.deliver(visit(1, company=SALON))
        assert (row.error_code, simulator.receipts()) == ("no_cashbox", [])

    def test_a_new_cashbox_after_the_old_one(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        add(bridge)
        with pytest.raises(BadCashbox, match="disable that one first"):
            add(bridge, SALON, OTHER)
        disable(bridge)
        add(bridge, SALON, OTHER)
        bridge.deliver(visit(1, company=SALON))
        assert used(simulator) == {"altegio_1": OTHER}

    def test_a_cashbox_of_another_salon_is_refused(self, bridge: Bridge) -> None:
        add(bridge)
        with pytest.raises(BadCashbox, match=f"belongs to salon {SALON}"):
            add(bridge, OTHER_SALON, OWN)

    def test_goods_over_the_counter_as_well(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        add(bridge)
        sold = goods(9001, 900) | {"company_id": SALON}
        bridge.deliver(sold)
        assert used(simulator) == {"altegio_goods_5001": OWN}


class TestChoices:
    def test_vat_marker_and_kinds_of_the_salon(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        add(bridge, vat="16", comment_marker="чек", payment_kinds="Kaspi=mobile", default_payment_method="cash")
        paid = payment(1, 4000, cash=False, till="Kaspi терминал", record_id=2) | {"company_id": SALON}
        without, with_marker = visit(1, company=SALON), visit(2, company=SALON, comment="ЧЕК!")
        bridge.deliver(paid, without, with_marker)
        (receipt,) = simulator.receipts()
        assert (receipt["tax"], receipt["payments"]) == ("551.72", [{"type": 4, "sum": "4000.00"}])
        assert bridge.row(2).state == "ignored"

    def test_the_empty_text_goes_back_to_the_environment(self, bridge: Bridge) -> None:
        add(bridge, vat="16", login="cashier-2")
        changed = add(bridge, vat="", name="Центр")
        assert (changed.vat, changed.login, changed.name) == (None, "cashier-2", "Центр")

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"vat": "many"}, "--vat"),
            ({"payment_kinds": "Kaspi"}, "--payment-kinds"),
            ({"default_payment_method": "barter"}, "--default-payment-method"),
            ({"fiscalize_when": "never"}, "--fiscalize-when"),
        ],
    )
    def test_a_bad_choice_names_its_option(self, bridge: Bridge, changes: dict[str, str], words: str) -> None:
        with pytest.raises(BadCashbox, match=words):
            add(bridge, **changes)


class TestCredentials:
    def test_its_own_login_is_used(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        add(bridge, login="nobody", password="wrong")
        add(bridge, OTHER_SALON, OTHER)
        bridge.deliver([visit(1, company=SALON), visit(2, company=OTHER_SALON)])
        assert used(simulator) == {"altegio_2": OTHER}
        assert bridge.row(1).error_code == "1"

    def test_nothing_secret_is_stored_in_the_clear_or_listed(self, bridge: Bridge) -> None:
        add(bridge, login="cashier-2", password="a-password", api_token="a-key")
        dump = bridge.scalar("SELECT string_agg(c::text, ' ') FROM cashboxes c")
        with bridge.services.sessions() as session:
            listed = str(list_cashboxes(session))
        assert not [secret for secret in ("a-password", "a-key") if secret in dump or secret in listed]

    def test_another_key_opens_nothing_and_sends_nothing(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """Not even with the environment's login, which may be another taxpayer's."""
        add(bridge, password=bridge.services.settings.webkassa_password.get_secret_value())
        bridge.configure(secret_key="another")
        (row,) = bridge.deliver(visit(1, company=SALON))
        assert (row.state, simulator.receipts()) == ("retrying", [])
        assert OWN in row.reason
        assert bridge.scalar("SELECT paused_reason FROM cashboxes WHERE paused_since IS NOT NULL")

    def test_a_key_is_rotated(self, bridge: Bridge) -> None:
        old = bridge.services.settings
        sealed = seal(old, "secret")
        bridge.configure(credentials_key=f"new,{old.secret_key.get_secret_value()}")
        assert unseal(bridge.services.settings, sealed) == "secret"
        bridge.configure(credentials_key="new")
        with pytest.raises(CannotUnseal):
            unseal(bridge.services.settings, sealed)


class TestCheck:
    def levels(self, bridge: Bridge, cashbox: Cashbox, taxpayer: str | None = TAXPAYER) -> dict[str, str]:
        return {
            finding.text: finding.level
            for finding in check_cashbox(
                bridge.services.sessions, bridge.services.settings, bridge.services.clients, cashbox, taxpayer
            )
        }

    def test_everything_in_order(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        found = self.levels(bridge, add(bridge, vat="16"))
        assert set(found.values()) == {"ok"}
        assert any("licence ends on" in text for text in found)
        assert simulator.receipts() == []

    def test_without_a_report_the_seller_has_to_be_named(self, bridge: Bridge) -> None:
        cashbox = add(bridge, vat="16")
        assert "warning" in self.levels(bridge, cashbox, None).values()
        bridge.deliver(visit(1, company=SALON))
        assert set(self.levels(bridge, cashbox, None).values()) == {"ok"}

    def test_the_wrong_vat_regime(self, bridge: Bridge) -> None:
        found = self.levels(bridge, add(bridge, vat="none"))
        assert [text for text, level in found.items() if level == "problem"] == [
            "Webkassa says the seller pays VAT, ours is 'none'"
        ]

    def test_a_rate_the_organisation_does_not_have(self, bridge: Bridge) -> None:
        assert any("none of the organisation's rates" in text for text in self.levels(bridge, add(bridge, vat="7")))

    def test_a_login_that_is_refused(self, bridge: Bridge) -> None:
        found = self.levels(bridge, add(bridge, login="nobody", password="wrong"))
        assert set(found.values()) == {"problem"}

    def test_a_blocked_cashbox(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.settings(cashbox_problems={OWN: 7})
        assert "problem" in self.levels(bridge, add(bridge, vat="16")).values()


def sell(company: int, cost: int) -> dict[str, Any]:
    return goods(21, cost, document_id=20) | {"company_id": company}


class TestNumbersOfAltegio:
    """Each salon's records are counted by Altegio alone; that no two have the same number is written nowhere."""

    @pytest.mark.parametrize("scope", ["cashbox", "shift"])
    @pytest.mark.parametrize("is_chain", [False, True])
    def test_two_salons_with_the_same_record_both_get_a_receipt(
        self, bridge: Bridge, simulator: SimulatorControl, is_chain: bool, scope: str
    ) -> None:
        simulator.settings(scope=scope)
        if is_chain:
            add(bridge)
            add(bridge, OTHER_SALON, OTHER)
        simulator.fault(operation="check", kind="drop", when="after", times=2)
        first = sell(SALON, 900), sell(OTHER_SALON, 700)
        visits = visit(1, company=SALON), visit(1, 5000, company=OTHER_SALON)
        bridge.deliver(*visits, *first)
        bridge.settle()
        bridge.deliver(*visits, *first)  # told again, it is the same receipt
        totals = {receipt["external_check_number"]: receipt["total"] for receipt in simulator.receipts()}
        assert totals == {
            "altegio_1": "4000.00",
            "altegio_888_1": "5000.00",
            "altegio_goods_20": "900.00",
            "altegio_888_goods_20": "700.00",
        }
        assert {receipt.company_id for receipt in bridge.receipts()} == {SALON, OTHER_SALON}

    def test_a_receipt_keeps_its_number(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.fault(operation="check", kind="code", code=9, text="нет", times=2)
        bridge.deliver(visit(1, company=SALON), visit(1, 5000, company=OTHER_SALON))
        assert [receipt.state for receipt in bridge.receipts()] == ["rejected", "rejected"]
        bridge.deliver(visit(1, 6000, company=OTHER_SALON, changed=T2), visit(1, 3000, company=SALON, changed=T2))
        totals = {receipt["external_check_number"]: receipt["total"] for receipt in simulator.receipts()}
        assert totals == {"altegio_888_1": "6000.00", "altegio_1": "3000.00"}

    def test_sold_anew_in_another_way_neither_takes_the_others_number(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(visit(1, company=SALON), visit(1, 5000, company=OTHER_SALON))
        for receipt in bridge.receipts():
            order_return(bridge, receipt.id, sold_anew_as="mobile")
        make_returns(bridge)
        bridge.settle()
        sold = {one["external_check_number"]: one["total"] for one in simulator.receipts() if one["operation_type"] == 2}
        assert sold == {
            "altegio_1": "4000.00",
            "altegio_888_1": "5000.00",
            "altegio_1_2": "4000.00",
            "altegio_888_1_2": "5000.00",
        }
