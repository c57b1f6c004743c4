"""What the money that is known says against a receipt, a row for each situation of the table of wanted outcomes."""

from decimal import Decimal

import pytest

from shared.fiscal.ledger import KnownMoney, Movement, SaleLedger, Spending, keep_ledger
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind, PaymentPurpose
from worker.decide.settlement.doubts import DoubtKind, find_doubt

CASH, CARD, MOBILE = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE
RECEIPT = {CASH: Decimal(4000)}
NO_MONEY = SaleLedger()


def told(
    *payments: tuple[int, PaymentKind | None],
    back: int = 0,
    moved_to: int | None = None,
    loose: int = 0,
    deposit: int = 0,
    is_unshared: bool = False,
) -> SaleLedger:
    movements = [Movement(Decimal(amount), AccountUse(kind) if kind else None) for amount, kind in payments]
    movements += [Movement(Decimal(back), AccountUse.CASH, PaymentPurpose.REFUND)] if back else []
    movements += [Movement(Decimal(loose), AccountUse.CASH, is_assigned=False)] if loose else []
    spent = (Spending(Decimal(deposit), NoMoney.DEPOSIT),) if deposit else ()
    return keep_ledger(KnownMoney(tuple(movements), spent, was_told=True, moved_to=moved_to, is_unshared=is_unshared))


def only_given_back(amount: int) -> SaleLedger:
    return keep_ledger(KnownMoney((Movement(Decimal(amount), AccountUse.CASH, PaymentPurpose.REFUND),)))


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
        pytest.param(only_given_back(500), 500, id="an-expense-that-was-returned"),
        pytest.param(told((4000, CASH), loose=500), 0, id="income-that-nothing-explains-beside-it"),
        pytest.param(told((1500, CASH), deposit=2500), 0, id="a-part-that-a-deposit-paid"),
        pytest.param(told(deposit=4000), 0, id="all-of-it-from-a-deposit"),
    ],
)
def test_what_agrees(money: SaleLedger, returned: int) -> None:
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
        pytest.param(only_given_back(500), DoubtKind.LESS, "500.00 ₸", id="an-expense-and-no-payment-told"),
        pytest.param(told(is_unshared=True), DoubtKind.LESS, "leaves nothing for this one", id="other-records-have-it-all"),
        pytest.param(told((1000, CASH), deposit=2500), DoubtKind.LESS, "3000.00 ₸ less", id="a-deposit-that-is-not-enough"),
        pytest.param(told((4500, CASH), loose=400), DoubtKind.MORE, "900.00 ₸ have", id="more-than-nothing-explains"),
        pytest.param(told((6000, CASH)), DoubtKind.MORE, "2000.00 ₸ have no receipt", id="more"),
        pytest.param(told((4000, CARD)), DoubtKind.OTHER_KIND, "card 4000.00 ₸", id="another-kind"),
        pytest.param(told((1000, MOBILE), (3000, CASH)), DoubtKind.OTHER_KIND, "mobile 1000.00 ₸", id="partly"),
    ],
)
def test_what_speaks_against_it(money: SaleLedger, kind: DoubtKind, words: str) -> None:
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
