"""Rows: account that needs no receipt, or has one elsewhere; tips; income that nothing explains."""

import pytest

from tests.support.payloads import T2, T3
from tests.support.salon import Salon, came, paid, paid_for, sold_line

BANK = {"cash": False, "till": "Расчетный счет"}
TERMINAL = {"cash": False, "till": "Терминал Halyk"}
TIPS = {"expense": {"id": 31, "title": "Чаевые мастеру", "type": 7}, "sold_item_type": None, "sold_item_id": 0}
INCOME = {"expense": {"id": 32, "title": "Прочие доходы", "type": 7}, "sold_item_type": None, "sold_item_id": 0}


@pytest.fixture(autouse=True)
def _accounts(salon: Salon) -> None:
    salon.choose(payment_kinds="Расчётный счёт=none, id:41002=card, Halyk=elsewhere")


class TestAccounts:
    @pytest.mark.parametrize(
        ("account", "words"),
        [
            pytest.param({**BANK, "account": {"id": 46003, "title": "Расчётный счёт", "is_cash": False}}, "bank", id="none"),
            pytest.param(
                {**TERMINAL, "account": {"id": 46004, "title": "Терминал Halyk", "is_cash": False}},
                "register",
                id="elsewhere",
            ),
        ],
    )
    def test_wholly_there_is_no_receipt_for_that_reason(self, salon: Salon, account: dict, words: str) -> None:
        salon.tell(paid(1, 9500, **account), came(9500))
        assert (salon.issued, salon.asked) == ({}, {})
        assert words in salon.bridge.row(2).reason

    def test_a_part_is_left_out(self, salon: Salon) -> None:
        account = {"account": {"id": 46004, "title": "Терминал Halyk", "is_cash": False}}
        salon.tell(paid(1, 5000, **account), paid(2, 4500), came(9500))
        assert salon.issued == {"altegio_1001": {"cash": 4500}}
        salon.tell(came(9500, changed=T2), paid(1, 5000, status="update", changed=T2, **account))
        assert (salon.asked, salon.returns_due) == ({}, {})

    def test_by_the_id_of_the_account(self, salon: Salon) -> None:
        salon.choose(payment_kinds="id:46004=elsewhere, Halyk=card")
        account = {"account": {"id": 46004, "title": "Терминал Halyk", "is_cash": False}}
        salon.tell(paid(1, 9500, **account), came(9500))
        assert salon.issued == {}

    def test_goods_over_the_counter(self, salon: Salon) -> None:
        account = {"account": {"id": 46003, "title": "Расчётный счёт", "is_cash": False}}
        salon.tell(paid_for(1, 900, "goods_transaction", **account), sold_line(1, 900))
        assert (salon.issued, salon.asked) == ({}, {})

    def test_money_that_went_back_over_the_bank_is_no_return(self, salon: Salon) -> None:
        account = {"account": {"id": 46003, "title": "Расчётный счёт", "is_cash": False}}
        salon.tell(paid(1, 5000, **account), paid(2, 4500), came(9500))
        salon.tell(paid(3, -5000, changed=T3, **account))
        assert salon.returns_due == {}


class TestTips:
    @pytest.mark.parametrize("told_first", [True, False])
    def test_an_expense_item_of_their_own(self, salon: Salon, told_first: bool) -> None:
        told = [paid(1, 9500), came(9500)]
        salon.tell(*([paid(2, 500, **TIPS), *told] if told_first else [*told, paid(2, 500, **TIPS)]))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}
        assert (salon.asked, salon.returns_due) == ({}, {})

    def test_a_till_of_their_own(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), paid(2, 500, till="Чаевые"), came(9500))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}

    def test_an_item_by_its_id(self, salon: Salon) -> None:
        salon.choose(tips="id:77")
        salon.tell(paid(1, 9500), paid(2, 500, expense={"id": 77, "title": "Благодарность", "type": 7}), came(9500))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}


class TestIncomeThatNothingExplains:
    @pytest.mark.parametrize("told_first", [True, False])
    def test_it_never_makes_a_right_receipt_doubtful(self, salon: Salon, told_first: bool) -> None:
        told = [paid(1, 9500), came(9500)]
        salon.tell(*([paid(2, 500, **INCOME), *told] if told_first else [*told, paid(2, 500, **INCOME)]))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}
        assert (salon.asked, salon.returns_due) == ({}, {})

    def test_it_pays_where_nothing_else_does(self, salon: Salon) -> None:
        """Other programs book payments without naming what was sold."""
        salon.tell(paid(1, 9500, **INCOME), came(9500))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}

    def test_too_much_that_is_assigned_is_told(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), came(9500))
        salon.tell(paid(2, 500, changed=T2))
        assert "500.00 ₸ have no receipt" in salon.asked["difference"]
