"""What the money that is known says against a receipt, a row for each situation of the table of wanted outcomes."""

from decimal import Decimal

import pytest

from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind
from worker.decide.money import NO_MONEY, DoubtKind, KnownPayment, SaleMoney, find_doubt

CASH, CARD, MOBILE = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE
RECEIPT = {CASH: Decimal(4000)}


def told(*payments: tuple[int, PaymentKind | None], back: int = 0, moved_to: int | None = None) -> SaleMoney:
    known = tuple(KnownPayment(Decimal(amount), kind) for amount, kind in payments)
    return SaleMoney(known, Decimal(back), was_told=True, moved_to=moved_to)


@pytest.mark.parametrize(
    ("money", "returned"),
    [
        pytest.param(NO_MONEY, 0, id="nothing-was-told"),
        pytest.param(told((4000, CASH)), 0, id="the-same"),
        pytest.param(told((1500, CASH), (2500, CASH)), 0, id="in-parts"),
        pytest.param(told((4000, None)), 0, id="an-unknown-kind-contradicts-nothing"),
        pytest.param(told((4000, CASH), back=1000), 1000, id="a-part-given-back-and-returned"),
        pytest.param(told((3000, CASH)), 1000, id="lowered-and-returned"),
        pytest.param(told(), 4000, id="gone-and-returned"),
        pytest.param(told((4000, CASH)), 1000, id="returned-and-altegio-was-not-told"),
        pytest.param(SaleMoney(given_back=Decimal(500)), 500, id="an-expense-that-was-returned"),
    ],
)
def test_what_agrees(money: SaleMoney, returned: int) -> None:
    assert find_doubt(RECEIPT, money, Decimal(returned)) is None


@pytest.mark.parametrize(
    ("money", "kind", "words"),
    [
        pytest.param(told(), DoubtKind.GONE, "taken back", id="gone"),
        pytest.param(told(back=4000), DoubtKind.GONE, "taken back", id="gone-and-an-expense-beside-it"),
        pytest.param(told(moved_to=7), DoubtKind.LESS, "moved to visit 7", id="moved"),
        pytest.param(told((3000, CASH)), DoubtKind.LESS, "1000.00 ₸ less", id="lowered"),
        pytest.param(told((3999, CASH)), DoubtKind.LESS, "1.00 ₸ less", id="a-tenge-less"),
        pytest.param(told((4000, CASH), back=4000), DoubtKind.LESS, "4000.00 ₸ were given back", id="an-expense"),
        pytest.param(told((4000, CASH), back=1), DoubtKind.LESS, "1.00 ₸ were given back", id="a-small-expense"),
        pytest.param(told((4000, CASH), back=9000), DoubtKind.LESS, "given back", id="more-back-than-came"),
        pytest.param(SaleMoney(given_back=Decimal(500)), DoubtKind.LESS, "500.00 ₸", id="an-expense-and-no-payment-told"),
        pytest.param(told((6000, CASH)), DoubtKind.MORE, "2000.00 ₸ have no receipt", id="more"),
        pytest.param(told((4000, CARD)), DoubtKind.OTHER_KIND, "card 4000.00 ₸", id="another-kind"),
        pytest.param(told((1000, MOBILE), (3000, CASH)), DoubtKind.OTHER_KIND, "mobile 1000.00 ₸", id="partly"),
    ],
)
def test_what_speaks_against_it(money: SaleMoney, kind: DoubtKind, words: str) -> None:
    doubt = find_doubt(RECEIPT, money)
    assert doubt is not None
    assert doubt.kind is kind
    assert words in doubt.reason


@pytest.mark.parametrize("kind", list(DoubtKind))
def test_only_payments_that_are_gone_were_paid_back(kind: DoubtKind) -> None:
    """An expense, a lower sum, a move, more money or another kind never give a receipt back by themselves."""
    money = {
        DoubtKind.GONE: told(),
        DoubtKind.LESS: told((4000, CASH), back=4000),
        DoubtKind.MORE: told((5000, CASH)),
        DoubtKind.OTHER_KIND: told((4000, CARD)),
    }[kind]
    doubt = find_doubt(RECEIPT, money)
    assert doubt is not None
    assert doubt.is_paid_back is (kind is DoubtKind.GONE)


def test_money_in_force_is_never_below_nothing() -> None:
    assert told((4000, CASH), back=9000).in_force == ZERO
    assert told((4000, CASH), back=1500).in_force == Decimal(2500)
