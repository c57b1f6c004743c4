"""What the desk adds to a sale's request: cash with its change, and where the customer wants the receipt."""

from decimal import Decimal

from shared.fiscal.statuses import PaymentKind
from tests.unit.material import flat, make_draft
from worker.receipt.lines import build_draft
from worker.receipt.request import DeskDetails, to_sale_request

SPLIT = {PaymentKind.CASH: Decimal(2500), PaymentKind.CARD: Decimal(1500)}


def test_cash_is_what_was_handed_over_and_the_change_says_what_went_back() -> None:
    desk = DeskDetails(Decimal(3000), Decimal(500), "a@b.test", "+77010000000", "000000000000")
    draft = build_draft(make_draft({"cost": 4000}).lines, SPLIT, flat(None))
    request = to_sale_request(draft, "SWK00067890", "altegio_1_2", "altegio_1", desk)
    assert {one["PaymentType"]: one["Sum"] for one in request["Payments"]} == {0: 3000, 1: 1500}
    assert request["Change"] == 500
    customer = {name: value for name, value in request.items() if name.startswith("Customer")}
    assert customer == {"CustomerEmail": "a@b.test", "CustomerPhone": "+77010000000", "CustomerXin": "000000000000"}
    assert draft.payments == SPLIT, "the draft keeps what was kept"


def test_nothing_is_sent_of_a_customer_who_wants_nothing() -> None:
    draft = build_draft(make_draft({"cost": 4000}).lines, SPLIT, flat(None))
    request = to_sale_request(draft, "SWK00067890", "altegio_1_2", "altegio_1", DeskDetails(customer_phone="+77010000000"))
    assert (request["CustomerPhone"], "CustomerEmail" in request, "CustomerXin" in request) == ("+77010000000", False, False)


def test_a_fraction_is_sent_as_it_is() -> None:
    (position,) = to_sale_request(make_draft({"cost": "10.50", "amount": "1.5"}), "S", "1", "1")["Positions"]
    assert (position["Count"], position["Price"], position["Discount"]) == (Decimal("1.5"), 7, 0)
