"""Row: one payment over several records of a visit, each of which has a receipt of its own."""

import itertools

import pytest

from tests.support.grids import grid
from tests.support.payloads import T0, T2, T3
from tests.support.salon import WAYS, Envelope, Salon, came, paid

VISIT = 700
FIRST, SECOND = 1001, 1002
ORDERS = list(itertools.permutations(range(3)))


def records(first: int = 9500, second: int = 5500, **fields: object) -> list[Envelope]:
    joint = {"visit_id": VISIT, **fields}
    return [came(first, FIRST, **joint), came(second, SECOND, **joint)]


def for_visit(operation_id: int, amount: int, **fields: object) -> Envelope:
    """Names its first record."""
    return paid(operation_id, amount, **{"record_id": FIRST, "visit_id": VISIT, **fields})


def for_visit_alone(operation_id: int, amount: int, **fields: object) -> Envelope:
    return for_visit(operation_id, amount, **{"record_id": 0, **fields})


@grid("salon, pay, order", WAYS, [for_visit, for_visit_alone], ORDERS, together=2, indirect=["salon"])
class TestInAnyOrder:
    """Webhooks overtake each other; the wait for payments is the service's own."""

    def test_one_payment_is_shared_out(self, salon: Salon, pay: type, order: tuple[int, ...]) -> None:
        salon.choose(payment_wait_seconds=20)
        told = [*records(), pay(1, 15000)]
        salon.tell_patiently(*(told[number] for number in order))
        salon.let_waits_end()
        assert salon.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"cash": 5500}}
        assert (salon.asked, salon.returns_due) == ({}, {})


class TestSharedOut:
    def test_over_two_kinds(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 10000), for_visit(2, 5000, cash=False), *records())
        assert salon.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"cash": 500, "card": 5000}}

    def test_what_names_a_record_is_its_own_first(self, salon: Salon) -> None:
        salon.tell(for_visit_alone(1, 9500, cash=False), for_visit(2, 5500, record_id=SECOND), *records())
        assert salon.issued == {"altegio_1001": {"card": 9500}, "altegio_1002": {"cash": 5500}}

    def test_a_payment_that_names_the_visit_alone_pays_its_one_record(self, salon: Salon) -> None:
        salon.tell(for_visit_alone(1, 9500), came(9500, FIRST, visit_id=VISIT))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}

    def test_each_with_a_payment_of_its_own(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 9500), for_visit(2, 5500, record_id=SECOND, cash=False), *records())
        assert salon.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"card": 5500}}

    def test_told_again_nothing_is_doubted(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 15000), *records())
        salon.tell(*records(changed=T2), for_visit(1, 15000, status="update", changed=T2))
        assert (salon.asked, salon.returns_due) == ({}, {})


class TestUntilTheSumsFit:
    def test_no_record_takes_a_default_kind(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 12000), *records())
        assert salon.issued == {}
        assert "do not add up" in salon.asked["sum_mismatch"]
        salon.tell(for_visit(2, 3000, cash=False, changed=T2))
        assert salon.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"cash": 2500, "card": 3000}}
        assert salon.asked == {}

    def test_each_record_says_what_was_paid_for_the_visit(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 12000), *records())
        reasons = [row.reason for row in salon.bridge.rows() if row.error_code == "sum_mismatch"]
        assert ["12000.00 ₸" in reason for reason in reasons] == [True, True]

    def test_nor_one_whose_sibling_was_not_told_yet(self, telling: Salon) -> None:
        telling.tell(for_visit(1, 15000), records()[1])
        assert telling.issued == {}
        telling.tell(records()[0])
        assert telling.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"cash": 5500}}

    def test_one_that_its_own_payment_pays_does_not_wait_for_the_other(self, salon: Salon) -> None:
        first, _ = records()
        salon.tell(for_visit(1, 9500), first, came(5500, SECOND, visit_id=VISIT, paid=0))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}

    def test_a_record_that_altegio_deleted_claims_nothing(self, salon: Salon) -> None:
        first, _ = records()
        salon.tell(came(5500, SECOND, visit_id=VISIT, paid=0), for_visit(1, 9500, changed=T0))
        salon.tell(came(5500, SECOND, visit_id=VISIT, status="delete", deleted=True, changed=T2), first)
        assert salon.issued == {"altegio_1001": {"cash": 9500}}


class TestPaidLate:
    """One payment named the first record and was too little; the rest came later and names the second."""

    @grid("salon, pay, is_late_first", WAYS, [for_visit, for_visit_alone], [False, True], together=2, indirect=["salon"])
    def test_the_rest_leaves_no_difference(self, salon: Salon, pay: type, is_late_first: bool) -> None:
        first, rest = pay(1, 14000), for_visit(2, 1000, record_id=SECOND, changed=T2)
        salon.choose(payment_wait_seconds=20)
        salon.know(first, *records(), rest)
        salon.tell_patiently(*records(), *((rest, first) if is_late_first else (first, rest)))
        salon.let_waits_end()
        assert salon.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"cash": 5500}}
        assert (salon.asked, salon.returns_due) == ({}, {})

    @pytest.mark.parametrize("pay", [for_visit, for_visit_alone])
    def test_a_word_on_a_payment_that_comes_after_the_receipts(self, asking: Salon, pay: type) -> None:
        """Altegio's list told of it before."""
        asking.know(pay(1, 15000), *records())
        asking.bridge.deliver(*records())
        asking.work()
        asking.tell(pay(1, 15000))
        assert asking.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"cash": 5500}}
        assert (asking.asked, asking.returns_due) == ({}, {})

    @pytest.mark.parametrize("pay", [for_visit, for_visit_alone])
    def test_a_payment_of_records_of_which_one_was_only_read(self, asking: Salon, pay: type) -> None:
        """The payment comes after the receipt of the first record and before the webhook of the second."""
        first, second = records()
        asking.know(pay(1, 15000), first, second)
        asking.bridge.deliver(first)
        asking.work()
        asking.tell(pay(1, 15000))
        asking.tell(second)
        assert asking.issued == {"altegio_1001": {"cash": 9500}, "altegio_1002": {"cash": 5500}}
        assert (asking.asked, asking.returns_due) == ({}, {})


class TestTakenBack:
    def test_all_of_the_payment_is_missed_by_both(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 15000), *records())
        salon.tell(for_visit(1, 15000, status="delete", changed=T2))
        assert set(salon.returns_due) == {"altegio_1001", "altegio_1002"}

    def test_a_part_of_it_is_missed_by_one(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 15000), *records())
        salon.tell(for_visit(1, 14000, status="update", changed=T2))
        assert "1000.00 ₸ less than was paid" in salon.returns_due["altegio_1002"]

    def test_booked_anew_the_doubt_goes(self, salon: Salon) -> None:
        salon.tell(for_visit(1, 15000), *records())
        salon.tell(for_visit(1, 15000, status="delete", changed=T2))
        salon.tell(for_visit(2, 15000, changed=T3))
        assert salon.returns_due == {}
