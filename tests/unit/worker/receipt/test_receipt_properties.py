"""Whatever a salon sells: the vendor's own checks find nothing wrong with our request, and the sums are exact."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dev.simulator.webkassa.rules.arithmetic import compute_total, find_faults
from shared.altegio import Record
from shared.fiscal.money import round_tiyn
from shared.fiscal.statuses import PaymentKind
from shared.storage.db import dump_json, load_json
from worker.receipt.lines import build_draft, build_record_lines
from worker.receipt.request import to_sale_request
from worker.receipt.vat import contained_tax

VAT_RATES = frozenset({5, 10, 12, 16})
# The thorough profile takes minutes.
pytestmark = pytest.mark.deadline(1800)

titles = st.sampled_from(["", "Стрижка", "я" * 300, "a\x07\u200b<b>", " 💅🏽 "]) | st.text(max_size=10)


def amounts(most: int) -> st.SearchStrategy[Decimal]:
    """Whole tenge as often as tiyn."""
    whole = st.integers(0, most).map(Decimal)
    return whole | st.integers(0, most * 100).map(lambda tiyn: Decimal(tiyn).scaleb(-2))


def spell(amount: Decimal) -> st.SearchStrategy[Any]:
    """The same amount as Altegio may write it."""
    return st.sampled_from([amount, str(amount), f"{amount:.9f}", float(amount)])


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    price = draw(st.none() | amounts(200_000))
    count = draw(st.none() | st.integers(0, 9).map(Decimal) | st.integers(10, 99_999).map(lambda n: Decimal(n).scaleb(-3)))
    gross = (price if price is not None else Decimal(4000)) * (count or Decimal(1))
    percent = draw(st.integers(0, 1000).map(lambda n: Decimal(n).scaleb(-1)))
    discounted = round_tiyn(gross * (100 - percent) / 100)
    owed = draw(st.just(discounted) | st.just(round_tiyn(gross)) | amounts(300_000))
    line: dict[str, Any] = {
        "title": draw(titles),
        "cost_to_pay": draw(spell(owed)),
        "cost": draw(st.none() | amounts(1000)),
        "discount": percent,
    }
    if price is not None:
        line["cost_per_unit"] = draw(spell(price))
    if count is not None:
        line["amount"] = draw(spell(draw(st.sampled_from([count, -count]))))
    return line


visits = st.builds(
    lambda services, goods: {"paid_full": 1, "services": services, "goods_transactions": goods},
    st.lists(lines(), max_size=5),
    st.lists(lines(), max_size=3),
)


def split(draw: st.DrawFn, total: Decimal) -> dict[PaymentKind, Decimal]:
    kinds = draw(st.lists(st.sampled_from(PaymentKind), min_size=1, max_size=3, unique=True))
    left, shares = total, {}
    for kind in kinds[1:]:
        share = Decimal(draw(st.integers(0, int(left * 100)))).scaleb(-2)
        shares[kind], left = share, left - share
    shares[kinds[0]] = left
    return {kind: share for kind, share in shares.items() if share}


@given(visits, st.data())
def test_no_visit_makes_a_request_the_vendor_refuses(visit: dict[str, Any], data: st.DataObject) -> None:
    owed = sum((Decimal(str(line["cost_to_pay"])) for line in visit["services"] + visit["goods_transactions"]), Decimal(0))
    assume(owed)
    built = build_record_lines(Record.model_validate(visit))
    payments = split(data.draw, owed)
    rates = [data.draw(st.sampled_from([None, *sorted(VAT_RATES)])) for _ in built]
    left = iter(rates)
    draft = build_draft(built, payments, lambda _: next(left))
    request = to_sale_request(draft, "SWK00067890", "altegio_1", "altegio_1")

    for protocol in (203, 204):
        assert find_faults(request, vat_rates=VAT_RATES, protocol=protocol) == []
    assert compute_total(request) == draft.total == owed
    assert sum(row["Sum"] for row in request["Payments"]) == owed
    assert [line.tax for line in draft.lines] == [
        contained_tax(line.total, rate) if rate else 0 for line, rate in zip(draft.lines, rates, strict=True)
    ]
    check_spelling(request)


def check_spelling(request: dict[str, Any]) -> None:
    """Every number leaves as plain digits and comes back as it was."""
    text = dump_json(request)
    fractions: list[str] = []
    json.loads(text, parse_float=fractions.append)
    assert all(re.fullmatch(r"\d+\.\d{1,3}", digits) for digits in fractions), fractions
    assert load_json(text) == request


@given(st.lists(lines(), min_size=1, max_size=4))
def test_hundredths_give_the_same_receipt(services: list[dict[str, Any]]) -> None:
    """An installation that counts in tiyn sells for the same money."""

    def scale(line: dict[str, Any]) -> dict[str, Any]:
        money = ("cost_to_pay", "cost", "cost_per_unit")
        return line | {key: Decimal(str(line[key])) * 100 for key in money if line.get(key) is not None}

    tenge = build_record_lines(Record.model_validate({"services": services}))
    hundredths = Record.model_validate({"services": [scale(line) for line in services]})
    assert build_record_lines(hundredths, amounts_in_tiyn=True) == tenge
