"""The fiscal decision, a row for each rule."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.altegio import FinanceOperation, GoodsOperation, Record
from shared.fiscal.ledger import Cost, KnownMoney, Movement, SaleLedger, Spending, keep_ledger
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind, PaymentPurpose
from tests.unit.material import make_record
from worker.decide.operations import find_account_use, find_purpose, is_payment
from worker.decide.rules import (
    KnownFacts,
    LiveReceipt,
    decide_record,
    find_reason_to_ignore_goods,
    has_marker,
    may_turn_with_payments,
)
from worker.decide.settlement.decisions import (
    AlreadyReceipted,
    AskPerson,
    AwaitPayment,
    Decision,
    Ignore,
    IssueParts,
    IssueReceipt,
    ReturnDue,
)
from worker.decide.settlement.settling import settle
from worker.receipt.lines import CannotBuild
from worker.salon.policy import Policy

CASH, CARD, MOBILE = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE
PRICE = Decimal(4000)
ALWAYS, MANUAL, ASK = Policy(fiscalize_when="always"), Policy(fiscalize_when="manual"), Policy(default_kind=None)
ISSUED = LiveReceipt(PRICE, is_issued=True, may_be_changed=False)
ON_ITS_WAY = LiveReceipt(PRICE, is_issued=False, may_be_changed=False)
NEVER_SENT = LiveReceipt(Decimal(3500), is_issued=False, may_be_changed=True)
UNPAID = {"paid_full": 0}
SILENT: dict[str, Any] = {"id": 1, "services": [{"cost": 4000}]}


def decide(
    fields: dict[str, Any] | None = None,
    *,
    status: str = "update",
    total: Decimal | CannotBuild = PRICE,
    payments: tuple[Movement, ...] = (),
    live: LiveReceipt | None = None,
    policy: Policy = Policy(),  # noqa: B008 - frozen
    was_paid: bool = False,
) -> Decision:
    problem = total if isinstance(total, CannotBuild) else None
    ledger = keep(None if isinstance(total, CannotBuild) else total, *payments)
    record, known = make_record(**(fields or {})), KnownFacts(was_paid=was_paid, problem=problem)
    return decide_record(record, status, ledger, live, policy, known)


def keep(
    total: Decimal | None, *payments: Movement, spent: dict[NoMoney, int] | None = None, is_read: bool = False
) -> SaleLedger:
    spendings = tuple(Spending(Decimal(amount), means) for means, amount in (spent or {}).items())
    known = KnownMoney(payments, spendings, was_told=bool(payments), is_read=is_read)
    return keep_ledger(known, None if total is None else Cost(total, total))


def paid(amount: int | str, kind: PaymentKind | None = CARD) -> Movement:
    return Movement(Decimal(amount), AccountUse(kind) if kind else None)


@pytest.mark.parametrize(
    ("fields", "policy", "kind"),
    [
        pytest.param({}, Policy(), IssueReceipt, id="paid"),
        pytest.param(UNPAID, Policy(), AwaitPayment, id="unpaid"),
        pytest.param({"paid_full": None}, Policy(), AwaitPayment, id="null-is-unpaid"),
        pytest.param({"paid_full": 0, "payment_status": 2}, Policy(), AwaitPayment, id="partly-paid"),
        pytest.param({}, ALWAYS, IssueReceipt, id="always-and-paid"),
        pytest.param(UNPAID, ALWAYS, IssueReceipt, id="always-does-not-wait-for-payment"),
        pytest.param({}, MANUAL, AwaitPayment, id="manual-leaves-even-paid-ones-to-staff"),
        pytest.param(UNPAID, MANUAL, AwaitPayment, id="manual-and-unpaid"),
        pytest.param({"attendance": -1}, Policy(), IssueReceipt, id="paid-and-not-shown-up"),
        pytest.param(UNPAID | {"attendance": 1}, Policy(), AwaitPayment, id="came-but-not-paid"),
    ],
)
def test_when_a_receipt_is_due(fields: dict[str, Any], policy: Policy, kind: type[Decision]) -> None:
    assert type(decide(fields, policy=policy)) is kind


@pytest.mark.parametrize(("policy", "kind"), [(Policy(), IssueReceipt), (ALWAYS, IssueReceipt), (MANUAL, AwaitPayment)])
def test_a_record_silent_on_payment_is_due_as_it_stands(policy: Policy, kind: type[Decision]) -> None:
    record = make_record().model_validate(SILENT)
    assert type(decide_record(record, "update", keep(PRICE), None, policy)) is kind


@pytest.mark.parametrize("policy", [Policy(), ALWAYS, MANUAL])
@pytest.mark.parametrize(("status", "deleted"), [("delete", False), ("update", True), ("delete", True)])
@pytest.mark.parametrize(("live", "kind"), [(None, Ignore), (ISSUED, ReturnDue), (ON_ITS_WAY, ReturnDue)])
def test_a_deleted_record(
    policy: Policy, status: str, deleted: bool, live: LiveReceipt | None, kind: type[Decision]
) -> None:
    assert type(decide({"deleted": deleted}, status=status, live=live, policy=policy)) is kind


@pytest.mark.parametrize(
    ("comment", "marker", "passes"),
    [
        pytest.param("фч", "фч", True, id="alone"),
        pytest.param("ФЧ", "фч", True, id="any-case"),
        pytest.param("Фч,", "фч", True, id="before-a-comma"),
        pytest.param("нужен фч!", "фч", True, id="after-a-word"),
        pytest.param("окрашивание (фч)", "Фч", True, id="in-brackets"),
        pytest.param("постоянный\nфч\n", "фч", True, id="on-its-own-line"),
        pytest.param("фчк", "фч", False, id="start-of-another-word"),
        pytest.param("афч", "фч", False, id="end-of-another-word"),
        pytest.param("фч2", "фч", False, id="digits-belong-to-words"),
        pytest.param("", "фч", False, id="no-comment"),
        pytest.param("ф ч", "фч", False, id="two-words"),
        pytest.param("что угодно", "", True, id="no-marker-configured"),
        pytest.param("", "", True, id="neither"),
        pytest.param("оплата #чек сразу", "#чек", True, id="marker-that-starts-with-a-sign"),
        pytest.param("a+b", "a.b", False, id="marker-is-no-pattern"),
    ],
)
def test_marker_is_a_word(comment: str, marker: str, passes: bool) -> None:
    assert has_marker(comment, marker) is passes
    decision = decide({"comment": comment}, policy=Policy(comment_marker=marker))
    assert type(decision) is (IssueReceipt if passes else Ignore)


def test_marker_is_not_asked_for_when_money_is_taken_back() -> None:
    assert type(decide(UNPAID, live=ISSUED, policy=Policy(comment_marker="фч"), was_paid=True)) is ReturnDue


@pytest.mark.parametrize("live", [ISSUED, ON_ITS_WAY])
def test_seen_to_be_paid_and_unpaid_now_is_a_managers_matter(live: LiveReceipt) -> None:
    assert decide(UNPAID, live=live, was_paid=True) == ReturnDue("the record is no longer paid in full")


@pytest.mark.parametrize(
    ("live", "fields", "total", "kind"),
    [
        pytest.param(ISSUED, {}, PRICE, AlreadyReceipted, id="issued-and-the-same"),
        pytest.param(ON_ITS_WAY, {}, PRICE, AlreadyReceipted, id="on-its-way-and-the-same"),
        pytest.param(ISSUED, {}, Decimal("4000.00"), AlreadyReceipted, id="scale-does-not-matter"),
        pytest.param(ISSUED, {}, Decimal("4000.01"), AskPerson, id="a-tiyn-more"),
        pytest.param(ON_ITS_WAY, {}, Decimal(3000), AskPerson, id="less-while-on-its-way"),
        pytest.param(ISSUED, {}, ZERO, AskPerson, id="free-after-the-receipt"),
        pytest.param(ISSUED, {}, CannotBuild("no_price", "x"), AskPerson, id="lines-broken-after-the-receipt"),
        pytest.param(ISSUED, UNPAID, PRICE, AlreadyReceipted, id="never-seen-to-be-paid"),
        pytest.param(NEVER_SENT, {}, PRICE, IssueReceipt, id="never-sent-takes-the-new-sum"),
    ],
)
def test_with_a_receipt_that_exists(
    live: LiveReceipt, fields: dict[str, Any], total: Decimal | CannotBuild, kind: type[Decision]
) -> None:
    assert type(decide(fields, live=live, total=total)) is kind


@pytest.mark.parametrize("policy", [ALWAYS, MANUAL])
def test_unpaid_means_no_return_where_payment_was_not_the_reason(policy: Policy) -> None:
    assert type(decide(UNPAID, live=ISSUED, policy=policy)) is AlreadyReceipted


def test_difference_names_both_sums() -> None:
    decision = decide(live=ISSUED, total=Decimal(5000))
    assert isinstance(decision, AskPerson)
    assert decision.code == "difference"
    assert "4000" in decision.reason
    assert "5000" in decision.reason


def test_lines_that_cannot_be_built_go_to_a_person_with_the_reason() -> None:
    assert decide(total=CannotBuild("no_price", "services.0 has no cost")) == AskPerson("no_price", "services.0 has no cost")


def test_lines_of_an_unpaid_record_may_be_broken_still() -> None:
    assert type(decide(UNPAID, total=CannotBuild("no_price", "x"))) is AwaitPayment


@pytest.mark.parametrize(
    ("services", "kind"),
    [
        pytest.param([], Ignore, id="a-break-or-an-empty-visit"),
        pytest.param([{"cost": 0}], Ignore, id="free"),
        pytest.param([{"cost": 0, "cost_to_pay": 0}], Ignore, id="free-by-discount"),
        pytest.param([{"cost": 4000, "cost_to_pay": 0}], AwaitPayment, id="deposit-or-certificate"),
        pytest.param([{"cost": 0}, {"cost": 4000, "cost_to_pay": 0}], AwaitPayment, id="one-of-two-had-a-price"),
    ],
)
def test_nothing_left_to_pay(services: list[dict[str, Any]], kind: type[Decision]) -> None:
    assert type(decide({"services": services}, total=ZERO)) is kind


def test_goods_alone_are_something_sold() -> None:
    assert type(decide({"services": [], "goods_transactions": [{"cost": 4000}]})) is IssueReceipt


@pytest.mark.parametrize(
    ("payments", "policy", "decision"),
    [
        pytest.param([], Policy(), IssueReceipt({CARD: PRICE}, is_assumed=True), id="none-known-the-default-stands-in"),
        pytest.param([], Policy(default_kind=CASH), IssueReceipt({CASH: PRICE}, is_assumed=True), id="default-cash"),
        pytest.param([paid(4000, CASH)], Policy(), IssueReceipt({CASH: PRICE}), id="known-beats-default"),
        pytest.param([paid(4000, CASH)], ASK, IssueReceipt({CASH: PRICE}), id="known-needs-no-question"),
        pytest.param(
            [paid(1500, CASH), paid(2500, CARD)],
            Policy(),
            IssueReceipt({CASH: Decimal(1500), CARD: Decimal(2500)}),
            id="split-over-kinds",
        ),
        pytest.param(
            [paid(1000), paid(500, MOBILE), paid(2000), paid(500, MOBILE)],
            Policy(),
            IssueReceipt({CARD: Decimal(3000), MOBILE: Decimal(1000)}),
            id="each-kind-once",
        ),
        pytest.param(
            [paid(4000, None)], Policy(default_kind=MOBILE), IssueReceipt({MOBILE: PRICE}), id="unknown-takes-default"
        ),
        pytest.param([paid(4000, None)], ASK, IssueReceipt({CARD: PRICE}), id="unknown-without-default-is-cashless"),
        pytest.param(
            [paid(1000, None), paid(3000, CARD)], Policy(), IssueReceipt({CARD: PRICE}), id="unknown-merges-with-known"
        ),
        pytest.param(
            [paid("0.01", CASH), paid("3999.99", CARD)],
            Policy(),
            IssueReceipt({CASH: Decimal("0.01"), CARD: Decimal("3999.99")}),
            id="exact-to-the-tiyn",
        ),
    ],
)
def test_how_it_was_paid(payments: list[Movement], policy: Policy, decision: IssueReceipt) -> None:
    assert settle(keep(PRICE, *payments), policy) == decision
    assert decide(payments=tuple(payments), policy=policy) == decision


@pytest.mark.parametrize(
    ("payments", "policy", "kind"),
    [
        pytest.param([paid(1000, CASH), paid(1000)], ASK, AwaitPayment, id="staff-is-asked-about-the-rest"),
        pytest.param([paid("3999.99")], Policy(), AskPerson, id="the-rest-was-no-money-or-its-word-is-missing"),
        pytest.param([paid("4000.01")], Policy(), AskPerson, id="a-tiyn-over"),
        pytest.param([paid(4000), paid(4000)], Policy(), AskPerson, id="twice"),
        pytest.param([], ASK, AwaitPayment, id="staff-is-asked"),
    ],
)
def test_payments_that_do_not_fit(payments: list[Movement], policy: Policy, kind: type[Decision]) -> None:
    assert type(settle(keep(PRICE, *payments), policy)) is kind


def test_a_visit_paid_in_part_waits_for_the_rest() -> None:
    assert type(decide(UNPAID, payments=(paid(1000),), policy=ALWAYS)) is AwaitPayment
    assert type(decide(payments=(paid(1000),), policy=ALWAYS)) is AskPerson


def test_what_was_paid_before_the_rest_is_told() -> None:
    assert decide(UNPAID, payments=(paid(1000),)) == AwaitPayment("not paid in full yet: 1000.00 ₸ of 4000.00 ₸")


EACH = Policy(part_payments="per_payment")


def test_a_receipt_for_each_payment() -> None:
    part = replace(paid(1000), operation_id=1)
    assert decide(UNPAID, payments=(part,), policy=EACH) == IssueParts(
        (part,), "not paid in full yet: 1000.00 ₸ of 4000.00 ₸"
    )


@pytest.mark.parametrize(
    "payments",
    [
        pytest.param([], id="nothing"),
        pytest.param([replace(paid(4000), operation_id=1)], id="everything"),
        pytest.param([replace(paid(1000), operation_id=1, receipted=Decimal(1000))], id="has-one"),
        pytest.param([replace(paid(1000), operation_id=1, receipted=Decimal(500))], id="raised-since"),
        pytest.param([replace(paid(1000), operation_id=1, is_assigned=False)], id="tied-to-nothing"),
        pytest.param([replace(paid(1000), operation_id=1, use=AccountUse.ELSEWHERE)], id="elsewhere"),
    ],
)
def test_what_is_no_part_waits(payments: list[Movement]) -> None:
    assert type(decide(UNPAID, payments=tuple(payments), policy=EACH)) is AwaitPayment


@pytest.mark.parametrize(
    "payments",
    [
        pytest.param([replace(paid(5000), operation_id=1)], id="too-much"),
        pytest.param([replace(paid(1000), operation_id=1), replace(paid(200), purpose=PaymentPurpose.REFUND)], id="back"),
    ],
)
def test_a_part_that_is_unsure_is_a_persons_matter(payments: list[Movement]) -> None:
    asked = decide(UNPAID, payments=tuple(payments), policy=EACH)
    assert isinstance(asked, AskPerson)
    assert asked.code == "part_payment"


@pytest.mark.parametrize(
    ("deposits", "kind", "settled"),
    [
        pytest.param("by_hand", None, AwaitPayment, id="by-hand-on-the-payment-page"),
        pytest.param("at_top_up", None, Ignore, id="the-top-up-had-the-receipt"),
        pytest.param("at_spending", CASH, IssueReceipt, id="like-the-top-up"),
        pytest.param("at_spending", None, AskPerson, id="nobody-knows-how-it-was-topped-up"),
    ],
)
def test_all_from_a_deposit(deposits: Any, kind: PaymentKind | None, settled: type[Decision]) -> None:
    ledger = keep(PRICE, spent={NoMoney.DEPOSIT: 4000}, is_read=True)
    decision = settle(ledger, Policy(deposits=deposits), deposit_kind=kind)
    assert type(decision) is settled
    assert not isinstance(decision, IssueReceipt) or decision.payments == {CASH: PRICE}


def test_what_stands_beside_money_is_no_money() -> None:
    ledger = keep(PRICE, paid(1500, CASH), spent={NoMoney.CERTIFICATE: 2000, NoMoney.BONUS: 500})
    assert settle(ledger, Policy()) == IssueReceipt({CASH: Decimal(1500)})


@pytest.mark.parametrize(
    ("decision", "may_turn"),
    [
        (IssueReceipt({CARD: PRICE}), False),
        (IssueReceipt({CARD: PRICE}, is_assumed=True), True),
        (AskPerson("sum_mismatch", "twice as much"), True),
        (AskPerson("no_money", "called paid"), True),
        (AskPerson("deposit", "by hand"), False),
        (AskPerson("difference", "another total"), False),
        (AwaitPayment("not paid"), False),
        (Ignore("free"), False),
    ],
)
def test_what_payments_on_their_way_could_change(decision: Decision, may_turn: bool) -> None:
    assert may_turn_with_payments(decision) is may_turn


GOODS = {"id": 5, "document_id": 77, "type_id": 1, "record_id": 0, "amount": -1, "cost": 900, "comment": ""}


@pytest.mark.parametrize(
    ("changes", "policy", "due"),
    [
        pytest.param({}, Policy(), True, id="sold-over-the-counter"),
        pytest.param({"type": "Product sale"}, Policy(), True, id="the-label-decides-nothing"),
        pytest.param({"type_id": "1"}, Policy(), True, id="type-as-text"),
        pytest.param({"type_id": 2}, Policy(), False, id="consumables"),
        pytest.param({"type_id": 3}, Policy(), False, id="arrival"),
        pytest.param({"type_id": 4}, Policy(), False, id="write-off"),
        pytest.param({"type_id": 0}, Policy(), False, id="move"),
        pytest.param({"type_id": None}, Policy(), False, id="unknown-sense"),
        pytest.param({"record_id": 640500104}, Policy(), False, id="the-visits-receipt-shows-it"),
        pytest.param({"record_id": None}, Policy(), True, id="no-visit"),
        pytest.param({"document_id": 0}, Policy(), False, id="no-document-no-number"),
        pytest.param({}, MANUAL, False, id="manual"),
        pytest.param({}, ALWAYS, True, id="always"),
        pytest.param({}, Policy(comment_marker="фч"), False, id="marker-missing"),
        pytest.param({"comment": "Фч"}, Policy(comment_marker="фч"), True, id="marker-there"),
    ],
)
def test_goods_that_need_a_receipt_of_their_own(changes: dict[str, Any], policy: Policy, due: bool) -> None:
    reason = find_reason_to_ignore_goods(GoodsOperation.model_validate(GOODS | changes), policy)
    assert (reason is None) is due, reason


@pytest.mark.parametrize(
    ("fields", "status", "counts"),
    [
        pytest.param({"amount": 4500}, "create", True, id="income"),
        pytest.param({"amount": "4500.00", "expense": {"id": 5, "type": 7}}, "update", True, id="income-by-its-item"),
        pytest.param({"amount": 4500, "expense": {"id": 1, "type": 1}}, "create", False, id="expense-by-its-item"),
        pytest.param({"amount": -4500}, "update", False, id="the-sign-may-flip"),
        pytest.param({"amount": 0}, "create", False, id="nothing"),
        pytest.param({"amount": 4500}, "delete", False, id="deleted"),
        pytest.param({"amount": 4500, "deleted": 1}, "update", False, id="deleted-by-its-flag"),
        pytest.param({"amount": 4500, "expense": []}, "create", True, id="no-item"),
    ],
)
def test_what_counts_as_a_clients_payment(fields: dict[str, Any], status: str, counts: bool) -> None:
    assert is_payment(FinanceOperation.model_validate(fields), status) is counts


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        pytest.param({"is_cash": True, "title": "Касса"}, CASH, id="cash"),
        pytest.param({"is_cash": True, "title": "QR"}, CASH, id="cash-whatever-the-title"),
        pytest.param({"is_cash": False, "title": "Терминал Halyk"}, CARD, id="cashless"),
        pytest.param({"is_cash": False, "title": "Kaspi QR"}, MOBILE, id="qr"),
        pytest.param({"is_cash": False, "title": "kaspi qr-код"}, MOBILE, id="qr-any-case"),
        pytest.param({"is_cash": False, "title": "Qarmaq"}, CARD, id="qr-only-as-a-word"),
        pytest.param({"title": "Kaspi QR"}, None, id="not-said"),
        pytest.param({"is_cash": None}, None, id="null"),
        pytest.param([], None, id="no-account"),
    ],
)
def test_payment_kind_by_the_till(account: Any, kind: PaymentKind | None) -> None:
    assert find_account_use(FinanceOperation.model_validate({"amount": 1, "account": account}), {}) == kind


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        pytest.param({"is_cash": False, "title": "ТОО Kaspi, терминал"}, MOBILE, id="by-a-word-of-its-title"),
        pytest.param({"is_cash": True, "title": "kaspi"}, MOBILE, id="the-salon-knows-better-than-the-flag"),
        pytest.param({"title": "Halyk"}, CARD, id="no-flag-needed"),
        pytest.param({"is_cash": False, "title": "Halyk QR"}, CARD, id="the-salon-knows-better-than-we"),
        pytest.param({"is_cash": True, "title": "Kaspibank"}, CASH, id="only-as-a-word"),
        pytest.param([], None, id="no-account"),
    ],
)
def test_a_salon_says_what_its_accounts_are(account: Any, kind: PaymentKind | None) -> None:
    operation = FinanceOperation.model_validate({"amount": 1, "account": account})
    assert find_account_use(operation, {"Kaspi": MOBILE, "halyk": CARD}) == kind


@pytest.mark.parametrize(
    ("fields", "accounts", "use"),
    [
        pytest.param({"title": "Депозиты", "is_cash": True}, {}, AccountUse.DEPOSIT, id="a-till-of-deposits"),
        pytest.param({"title": "Deposits (payment in cash)"}, {}, AccountUse.DEPOSIT, id="in-english"),
        pytest.param({"title": "Депозиты"}, {"депозиты": "cash"}, AccountUse.CASH, id="the-salon-knows-better"),
        pytest.param({"id": 7, "title": "Kaspi"}, {"id:7": "none", "Kaspi": "mobile"}, AccountUse.NONE, id="by-its-id"),
        pytest.param({"title": "Расчётный счёт"}, {"расчетный счет": "none"}, AccountUse.NONE, id="a-bank-account"),
        pytest.param({"title": "Halyk POS"}, {"halyk": "elsewhere"}, AccountUse.ELSEWHERE, id="a-register-itself"),
    ],
)
def test_accounts_that_hold_no_new_money(fields: dict[str, Any], accounts: dict[str, str], use: AccountUse) -> None:
    operation = FinanceOperation.model_validate({"amount": 1, "record_id": 1001, "account": fields})
    assert find_account_use(operation, accounts) is use


def test_a_top_up_into_a_till_of_deposits_is_new_money() -> None:
    account = {"title": "Deposits (payment in cash)", "is_cash": True}
    operation = FinanceOperation.model_validate({"amount": 1, "document_id": 6001, "account": account})
    assert find_account_use(operation, {}) is AccountUse.CASH


@pytest.mark.parametrize("status", ["update", "delete"])
def test_a_payment_taken_back_before_its_receipt_was_sent_needs_no_return(status: str) -> None:
    """Nothing exists at Webkassa, so there is nothing to give back; the waiting receipt is withdrawn with the payment."""
    record = Record.model_validate({"paid_full": 0, "deleted": status == "delete"})
    decision = decide_record(record, status, keep(PRICE), NEVER_SENT, Policy())
    assert isinstance(decision, Ignore if status == "delete" else AwaitPayment)


@pytest.mark.parametrize(
    ("fields", "purpose"),
    [
        pytest.param({}, "sale", id="a-visit"),
        pytest.param({"record_id": 0, "document_id": 5, "sold_item_type": "goods_transaction"}, "sale", id="goods"),
        pytest.param({"record_id": 0, "visit_id": 7}, "sale", id="a-visit-alone"),
        pytest.param({"record_id": 0, "document_id": 5, "sold_item_type": "service"}, "sale", id="a-service-without-visit"),
        pytest.param({"record_id": 0, "document_id": 5}, "deposit", id="a-top-up-by-its-document"),
        pytest.param({"record_id": 0, "expense": {"title": "Пополнение счета"}}, "deposit", id="a-top-up-by-its-item"),
        pytest.param({"record_id": 0, "expense": {"title": "Внесение в кассу"}}, "other", id="change-for-the-drawer"),
        pytest.param({"record_id": 0, "sold_item_type": "loyalty_certificate"}, "other", id="a-certificate-of-no-document"),
        pytest.param({"record_id": 0, "document_id": 5, "sold_item_type": "loyalty_abonement"}, "sale", id="a-membership"),
        pytest.param({"expense": {"title": "Чаевые мастеру"}}, "tip", id="tips-by-their-item"),
        pytest.param({"account": {"title": "Чаевые"}, "record_id": 0}, "tip", id="tips-by-their-till"),
        pytest.param({"expense": {"id": 31, "title": "Благодарность"}}, "tip", id="tips-by-the-id-of-their-item"),
        pytest.param({"amount": -38, "comment": "комиссии за эквайринг"}, "fee", id="a-fee"),
        pytest.param({"amount": -38, "comment": "Acquiring commission"}, "fee", id="a-fee-in-english"),
        pytest.param({"amount": -4000}, "refund", id="money-back-for-a-visit"),
        pytest.param({"amount": 4000, "expense": {"id": 1, "type": 1}}, "refund", id="an-expense-with-a-wrong-sign"),
        pytest.param({"amount": -4000, "record_id": 0}, "other", id="rent"),
    ],
)
def test_what_money_is_for(fields: dict[str, Any], purpose: str) -> None:
    operation = FinanceOperation.model_validate({"id": 1, "amount": 4000, "record_id": 1001, **fields})
    assert find_purpose(operation, ("чаевые", "id:31")) == purpose


def test_where_the_ledger_was_read_nothing_stands_in_for_it() -> None:
    for payments, code in (((paid(1000),), "sum_mismatch"), ((), "no_money")):
        decision = settle(keep(PRICE, *payments, is_read=True), Policy())
        assert isinstance(decision, AskPerson)
        assert decision.code == code
    assert isinstance(settle(keep(PRICE, is_read=True), Policy(), is_paid=False), AwaitPayment)


class TestTakenAtTheDesk:
    """Staff has the money, whatever Altegio says of payment; only what contradicts the visit itself asks a person."""

    @staticmethod
    def decide(
        total: Decimal | CannotBuild = PRICE, *, status: str = "update", live: LiveReceipt | None = None, sum_: int = 4000
    ) -> Decision:
        problem = total if isinstance(total, CannotBuild) else None
        ledger = keep(None if isinstance(total, CannotBuild) else total, paid(sum_))
        known = KnownFacts(paid_at_desk=True, problem=problem)
        return decide_record(make_record(**UNPAID), status, ledger, live, Policy(), known)

    @pytest.mark.parametrize("live", [None, NEVER_SENT])
    @pytest.mark.parametrize("status", ["update", "delete"])
    def test_a_receipt_is_due(self, live: LiveReceipt | None, status: str) -> None:
        assert self.decide(live=live, status=status) == IssueReceipt({CARD: PRICE})

    def test_lines_that_cannot_be_built(self) -> None:
        assert self.decide(CannotBuild("no_title", "a line has no title")) == AskPerson("no_title", "a line has no title")

    @pytest.mark.parametrize("taken", [3000, 5000])
    def test_another_sum_than_the_visit_costs_now(self, taken: int) -> None:
        decision = self.decide(sum_=taken)
        assert isinstance(decision, AskPerson)
        assert (decision.code, str(taken) in decision.reason, "4000" in decision.reason) == ("sum_mismatch", True, True)

    @pytest.mark.parametrize("live", [ISSUED, ON_ITS_WAY])
    def test_deleted_after_its_receipt(self, live: LiveReceipt) -> None:
        decision = self.decide(live=live, status="delete")
        assert isinstance(decision, ReturnDue)
        assert not decision.is_paid_back


# Altegio told of a payment and deleted it since.
WITHDRAWN = keep_ledger(KnownMoney((), (), was_told=True), Cost(PRICE, PRICE))


class TestWordsOfDecisions:
    """Pages, dead letters and alerts say them, and what waits is woken by some: none may change unseen."""

    def test_a_deleted_visit_paid_at_the_desk(self) -> None:
        known = KnownFacts(paid_at_desk=True)
        decision = decide_record(make_record(), "delete", keep(PRICE, paid(4000)), ISSUED, Policy(), known)
        assert decision == ReturnDue("the record was deleted, it was paid at the desk")

    def test_a_deleted_visit_with_and_without_money(self) -> None:
        live = replace(ISSUED, paid={CARD: PRICE})
        kept = decide(status="delete", payments=(paid(4000),), live=live)
        assert kept == ReturnDue("the record was deleted, payments of 4000.00 ₸ are in force", is_paid_back=False)
        gone = decide_record(make_record(), "delete", WITHDRAWN, live, Policy())
        assert gone == ReturnDue("the record was deleted", is_paid_back=True)
        assert decide(status="delete", live=live) == ReturnDue("the record was deleted", is_paid_back=False)

    @pytest.mark.parametrize(
        ("cost", "is_read", "decision"),
        [
            (0, False, Ignore("everything was free")),
            (0, True, Ignore("everything was free")),
            (4000, True, AskPerson("no_money", "nothing is left to pay, and Altegio knows of no money")),
            (
                4000,
                False,
                AwaitPayment("paid in full, but nothing is left to pay: was it a deposit or a certificate?", is_unsure=True),
            ),
        ],
    )
    def test_nothing_is_left_to_pay(self, cost: int, is_read: bool, decision: Decision) -> None:
        record = make_record(services=[{"id": 1, "title": "Стрижка", "cost": cost, "amount": 1, "cost_to_pay": 0}])
        assert decide_record(record, "update", keep(ZERO, is_read=is_read), None, Policy()) == decision

    @pytest.mark.parametrize(
        ("taken", "deposit", "is_right"), [(4000, 0, True), (5000, 1000, True), (3000, 1000, False), (4001, 0, False)]
    )
    def test_what_was_taken_at_the_desk_is_the_price_with_or_without_the_deposit(
        self, taken: int, deposit: int, is_right: bool
    ) -> None:
        ledger = keep_ledger(
            KnownMoney((paid(taken),), (Spending(Decimal(deposit), NoMoney.DEPOSIT),) if deposit else (), was_told=True),
            Cost(PRICE + deposit, PRICE + deposit),
        )
        decision = decide_record(make_record(), "update", ledger, None, Policy(), KnownFacts(paid_at_desk=True))
        wrong = AskPerson("sum_mismatch", f"{taken}.00 ₸ were taken at the desk, the visit now costs 4000.00 ₸")
        assert isinstance(decision, IssueReceipt) if is_right else decision == wrong
