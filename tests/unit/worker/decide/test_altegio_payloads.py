"""Every payload file of Altegio, through everything that is pure: envelope, lines, decision, draft."""

from datetime import date
from typing import Any

import pytest

from api.webhook.envelopes import Arrival, read_arrivals
from shared.altegio import FinanceOperation, GoodsOperation, Record, parse_entity
from shared.fiscal.ledger import NOTHING_KNOWN, Cost, keep_ledger
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import RecordState
from shared.storage.db import load_json
from tests.unit.material import ALTEGIO, list_names, load_expected
from worker.decide.operations import find_purpose, is_payment, pays_document
from worker.decide.rules import KnownFacts, decide_record, find_reason_to_ignore_goods
from worker.decide.settlement.decisions import AskPerson, AwaitPayment, Decision, Ignore, IssueReceipt
from worker.decide.settlement.settling import settle
from worker.receipt.lines import CannotBuild, Line, build_draft, build_goods_lines, build_record_lines, price_record
from worker.receipt.vat import VatRegime, choose_vat_rates
from worker.salon.policy import Policy

EXPECTED = load_expected()
POLICY = Policy()
# What the answer has to name, in the order of the envelopes.
FAULTY_FIELDS: dict[str, list[str | None]] = {
    "finances_operation_create__amount_is_text.json": ["data.amount"],
    "goods_operations_sale_create__cost_is_text.json": ["data.cost"],
    "goods_operations_sale_create__data_is_list.json": ["data"],
    "list__all_bad.json": ["resource_id", "data"],
    "list__one_bad_of_three.json": [None, "data.services.0.cost", None],
    "list__with_non_objects.json": [None, "body", "body", "body", "body"],
    "not_an_envelope__empty_object.json": ["company_id"],
    "not_an_envelope__null.json": ["body"],
    "not_an_envelope__number.json": ["body"],
    "record_update__company_id_is_text.json": ["company_id"],
    "record_update__company_id_null.json": ["company_id"],
    "record_update__cost_1e400.json": ["data.services.0.cost"],
    "record_update__cost_is_nan_text.json": ["data.services.0.cost"],
    "record_update__cost_is_object.json": ["data.services.0.cost"],
    "record_update__cost_is_text.json": ["data.services.0.cost"],
    "record_update__cost_ten_to_400.json": ["data.services.0.cost"],
    "record_update__data_is_list.json": ["data"],
    "record_update__data_is_null.json": ["data"],
    "record_update__data_is_text.json": ["data"],
    "record_update__lone_surrogate_in_comment.json": ["data.comment"],
    "record_update__missing_company_id.json": ["company_id"],
    "record_update__missing_data.json": ["data"],
    "record_update__missing_resource.json": ["resource"],
    "record_update__missing_resource_id.json": ["resource_id"],
    "record_update__missing_status.json": ["status"],
    "record_update__nul_in_client_name.json": ["data.client.name"],
    "record_update__nul_in_comment.json": ["data.comment"],
    "record_update__resource_id_over_bigint.json": ["resource_id"],
    "record_update__services_is_text.json": ["data.services"],
}


def read_file(name: str) -> tuple[list[Arrival], bool]:
    return read_arrivals((ALTEGIO / name).read_bytes())


def test_every_file_is_expected_and_every_expected_file_exists() -> None:
    assert list_names(ALTEGIO) == sorted(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_taken_or_refused_as_expected(name: str) -> None:
    arrivals, _ = read_file(name)
    taken = any(not arrival.is_invalid for arrival in arrivals)
    assert (200 if taken else 422) == EXPECTED[name]["http"], EXPECTED[name]["why"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_refusal_names_the_field(name: str) -> None:
    arrivals, _ = read_file(name)
    named = [arrival.field for arrival in arrivals]
    assert named == FAULTY_FIELDS.get(name, [None] * len(arrivals))
    for arrival in arrivals:
        assert not arrival.field or arrival.message.startswith(f"{arrival.field}: ")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_ends_in_the_expected_state_with_the_expected_total(name: str) -> None:
    arrivals, is_list = read_file(name)
    ends = [judge(arrival) for arrival in arrivals]
    states, totals = [state for state, _ in ends], [total for _, total in ends]
    expected = EXPECTED[name]
    assert (states if is_list else states[0]) == expected["state"], expected["why"]
    assert (totals if is_list else totals[0]) == expected["total"], expected["why"]


def judge(arrival: Arrival) -> tuple[str, str | None]:
    """The state a delivery ends in when it is the first word about its subject and Webkassa says yes."""
    if arrival.state is not RecordState.RECEIVED:
        return arrival.state.value, None
    assert arrival.body is not None
    entity = parse_entity(str(arrival.resource), load_json(arrival.body)["data"])
    match entity:
        case Record():
            lines, cost, problem = build_lines(entity)
            ledger = keep_ledger(NOTHING_KNOWN, cost)
            return end(decide_record(entity, str(arrival.status), ledger, None, POLICY, KnownFacts(problem=problem)), lines)
        case GoodsOperation():
            return judge_goods(entity, str(arrival.status))
        case FinanceOperation():
            purpose = find_purpose(entity)
            if not is_payment(entity, str(arrival.status)):
                return ("processed" if purpose == "refund" else "ignored"), None
            # What was sold is not known, and a deposit is by hand until the salon chooses.
            if pays_document(entity) or purpose == "deposit":
                return "dead_lettered", None
            return ("processed" if purpose == "sale" else "ignored"), None


def build_lines(record: Record) -> tuple[tuple[Line, ...], Cost | None, CannotBuild | None]:
    try:
        return build_record_lines(record), price_record(record), None
    except CannotBuild as problem:
        return (), None, problem


def judge_goods(operation: GoodsOperation, status: str) -> tuple[str, str | None]:
    lines = build_goods_lines([operation])
    if find_reason_to_ignore_goods(operation, POLICY) or status == "delete" or operation.deleted or not lines:
        return "ignored", None
    total = sum((line.total for line in lines), ZERO)
    return end(settle(keep_ledger(NOTHING_KNOWN, Cost(total, total)), POLICY), lines)


def end(decision: Decision, lines: tuple[Line, ...]) -> tuple[str, str | None]:
    match decision:
        case IssueReceipt(payments):
            draft = build_draft(lines, payments, choose_vat_rates(VatRegime("auto"), date(2026, 4, 14)))
            return "processed", str(draft.total)
        case AwaitPayment():
            return "awaiting_payment", None
        case Ignore():
            return "ignored", None
        case AskPerson():
            return "dead_lettered", None
    raise AssertionError(decision)


def test_long_titles_are_cut_and_odd_ones_survive() -> None:
    def name_of(file: str) -> str:
        body: Any = load_json((ALTEGIO / file).read_text())
        return build_record_lines(Record.model_validate(body["data"]))[0].name

    assert len(name_of("record_update__long_title.json")) <= 128
    assert "<" in name_of("record_update__markup_and_emoji_in_title.json")
    assert set(name_of("record_update__kazakh_title.json").lower()) & set("әғқңөұүһі")
