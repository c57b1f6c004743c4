"""What is left of a sale, and what a part of it gives back; in step with the worker that makes the return receipt."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from api.acquire.payment.form import FormErrors
from api.acquire.returns.form import ReturnWish, find_left, read_return
from shared.fiscal.money import ZERO
from worker.receipt.return_lines import Basis, build_return


def position(count: Any, price: Any, discount: Any = 0) -> dict[str, Any]:
    return {"PositionName": "x", "Count": count, "Price": price, "Discount": discount, "TaxPercent": None, "Tax": 0}


counts = st.integers(1, 5000).map(lambda thousandths: Decimal(thousandths) / 1000)
sales = st.lists(st.tuples(counts, st.integers(1, 10**7)), min_size=1, max_size=4).map(
    lambda lines: [position(count, Decimal(price) / 100) for count, price in lines]
)


def worker_return(sold: list[dict[str, Any]], earlier: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Any:
    total = sum((line.total for line in find_left(sold, [], [])), ZERO)
    request = {
        "Positions": sold,
        "Payments": [{"Sum": total, "PaymentType": 1}],
        "CashboxUniqueNumber": "x",
        "ExternalOrderNumber": "x",
    }
    return build_return(Basis(request, total, "1", "x", "1", False), earlier, lines, "n")


@given(sales, st.data())
def test_the_sum_shown_is_the_sum_the_worker_returns(sold: list[dict[str, Any]], data: st.DataObject) -> None:
    """Twice: after a first part, of what that part left."""
    earlier: list[dict[str, Any]] = []
    for _ in range(2):
        left = find_left(sold, [p for request in earlier for p in request["Positions"]], [])
        if not any(line.left_total for line in left):
            return
        typed = {"form_key": str(uuid4()), "reason": "x"}
        for line in left:
            part = data.draw(st.integers(0, int(line.left_count * 1000)))
            typed[f"count_{line.position}"] = str(Decimal(part) / 1000)
        wish = read_return(typed, left)
        if isinstance(wish, FormErrors):
            assert set(wish.by_field) == {"lines"}
            return
        made = worker_return(sold, earlier, wish.lines)
        assert made.total == wish.total
        earlier.append(made.request)


@given(sales)
def test_everything_is_an_order_without_lines_and_gives_back_all(sold: list[dict[str, Any]]) -> None:
    left = find_left(sold, [], [])
    typed = {"form_key": str(uuid4()), "reason": "x", **{f"count_{x.position}": f"{x.left_count:f}" for x in left}}
    wish = read_return(typed, left)
    assert isinstance(wish, ReturnWish)
    assert wish.lines == []
    assert wish.total == sum((line.total for line in left), ZERO)
    assert not any(line.left_count or line.left_total for line in find_left(sold, [], [[]]))


def test_orders_that_wait_are_taken_off() -> None:
    left = find_left(
        [position(3, 100), position(1, 50)], [], [[{"position": 0, "count": "1"}], [{"position": 0, "count": "1"}]]
    )
    assert [(line.left_count, line.left_total) for line in left] == [(1, 100), (1, 50)]
