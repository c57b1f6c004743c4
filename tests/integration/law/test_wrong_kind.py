"""Row: the wrong kind noticed next day: a return and a new sale in one confirmed step."""

from shared.books.read import keep_books
from shared.clock import almaty_date, utc_now
from shared.storage.models import Cashbox
from tests.integration.law.test_part_payments import come_unpaid, take_at_desk
from tests.support.documents import make_returns, order_return
from tests.support.payloads import T2, T3
from tests.support.salon import Salon, came, paid


def correct(salon: Salon, kind: str, receipt_id: int = 1) -> None:
    order_return(salon.bridge, receipt_id, sold_anew_as=kind)
    make_returns(salon.bridge)
    salon.bridge.settle()


def count_differences(salon: Salon) -> int:
    today = almaty_date(utc_now())
    with salon.bridge.services.sessions() as session:
        return sum(day.difference_count for day in keep_books(session, session.get_one(Cashbox, 1), today, today))


def test_it_is_returned_and_sold_anew(salon: Salon) -> None:
    salon.tell(paid(1, 9500, cash=False), came(9500))
    correct(salon, "cash")
    assert salon.issued == {"altegio_1001": {"card": 9500}, "altegio_1001_2": {"cash": 9500}}
    assert [(one["operation_type"], one["payments"][0]["type"]) for one in salon.simulator.receipts()] == [
        (2, 1),
        (3, 1),
        (2, 0),
    ]
    first, _, second = salon.bridge.receipts()
    assert (first.returned, second.returned) == (True, False)
    assert first.request["Positions"] == second.request["Positions"]


def test_altegio_corrected_as_well_says_nothing_new(salon: Salon) -> None:
    salon.tell(paid(1, 9500, cash=False), came(9500))
    correct(salon, "cash")
    salon.tell(paid(1, 9500, status="update", changed=T2), came(9500, changed=T3))
    assert len(salon.issued) == 2
    assert (salon.asked, salon.returns_due) == ({}, {})


def test_paid_at_the_desk_the_desk_says_the_new_kind(telling: Salon) -> None:
    telling.choose(default_payment_method="ask")
    telling.tell(came(9500))
    take_at_desk(telling, 9500)
    correct(telling, "mobile")
    assert telling.issued == {"altegio_1001": {"cash": 9500}, "altegio_1001_2": {"mobile": 9500}}
    live = "SELECT kind FROM payment_records JOIN checkouts ON checkouts.id = checkout_id WHERE voided_at IS NULL"
    assert telling.bridge.scalar(live) == "mobile"
    assert count_differences(telling) == 0


def test_a_lost_answer_to_the_return_makes_it_once(telling: Salon) -> None:
    telling.tell(paid(1, 9500, cash=False), came(9500))
    telling.simulator.fault(operation="check", kind="drop", when="after", times=1)
    correct(telling, "cash")
    assert telling.issued == {"altegio_1001": {"card": 9500}, "altegio_1001_2": {"cash": 9500}}


def test_a_refused_return_sells_nothing(telling: Salon) -> None:
    telling.tell(paid(1, 9500, cash=False), came(9500))
    telling.simulator.fault(operation="check", kind="code", code=9, times=2)
    correct(telling, "cash")
    assert telling.issued == {"altegio_1001": {"card": 9500}}


def test_a_refused_sale_is_a_dead_letter(telling: Salon) -> None:
    telling.tell(paid(1, 9500, cash=False), came(9500))
    order_return(telling.bridge, 1, sold_anew_as="cash")
    make_returns_alone(telling)
    telling.simulator.fault(operation="check", kind="code", code=9, times=2)
    telling.bridge.settle()
    assert "9" in telling.asked


def make_returns_alone(salon: Salon) -> None:
    """The new sale waits, as where the cashbox is busy."""
    salon.bridge.execute(
        "CREATE OR REPLACE FUNCTION later() RETURNS trigger AS $$ BEGIN IF NEW.external_check_number LIKE '%\\_2' THEN"
        " NEW.next_attempt_at := now() + interval '1 hour'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    salon.bridge.execute("CREATE TRIGGER later BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION later()")
    try:
        make_returns(salon.bridge)
    finally:
        salon.bridge.execute("DROP TRIGGER later ON receipts")
        salon.bridge.execute("DROP FUNCTION later")


def test_the_receipt_of_one_payment(salon: Salon) -> None:
    salon.choose(part_payments="each")
    salon.tell(paid(1, 3000, cash=False), come_unpaid())
    correct(salon, "cash")
    assert salon.issued == {"altegio_prepaid_1": {"card": 3000}, "altegio_prepaid_1_2": {"cash": 3000}}
    salon.tell(paid(1, 3000, status="update", changed=T2))
    salon.tell(paid(2, 6500, changed=T3), came(9500, changed=T3))
    assert salon.issued["altegio_1001"] == {"cash": 6500}
    assert salon.returns_due == {}
