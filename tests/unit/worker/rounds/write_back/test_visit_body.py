"""What goes back with a record, and what must not: a replacement of the whole that changes one line."""

from typing import Any

import pytest

from shared.fiscal.own_words import IssuedReceipt
from worker.rounds.write_back.visit_body import CannotWrite, build_body, digest_others

RECEIPT = IssuedReceipt("1795887435004", "http://ofd.example/?i=1")
RECORD: dict[str, Any] = {
    "id": 1001,
    "visit_id": 1002,
    "staff_id": 35011,
    "services": [{"id": 1, "amount": 1, "cost": 9500}],
    "goods_transactions": [{"id": 4, "amount": -1, "cost": 900}],
    "client": {"id": 51001, "phone": "+77010000000"},
    "date": "2026-03-02 12:10:00",
    "datetime": "2026-03-02T12:10:00+05:00",
    "seance_length": 3600,
    "attendance": 1,
    "comment": "аллергия",
    "custom_fields": [],
    "sms_now": 1,
    "anything_new": {"a": 1},
    "paid_full": 1,
    "last_change_date": "2026-03-02T12:00:00+0500",
    "finance_transactions": [{"id": 1}],
}


def test_everything_goes_back_but_what_altegio_works_out_itself() -> None:
    body = build_body(RECORD, "", [RECEIPT])
    assert body is not None
    sent = body.record
    changed = {name for name in RECORD if name in sent and sent[name] != RECORD[name]}
    assert changed == {"comment"}
    assert sent["anything_new"] == {"a": 1}
    assert sent["goods_transactions"] == RECORD["goods_transactions"]
    assert not {"id", "paid_full", "last_change_date", "finance_transactions", "sms_now"} & sent.keys()
    assert (sent["save_if_busy"], sent["send_sms"]) == (True, False)
    assert sent["comment"] == f"аллергия\n{RECEIPT.line}"


def test_what_says_so_already_is_not_sent() -> None:
    assert build_body({**RECORD, "comment": f"аллергия\n{RECEIPT.line}"}, "", [RECEIPT]) is None
    assert build_body(RECORD, "", []) is None
    assert build_body({**RECORD, "custom_fields": {"чек": RECEIPT.line}}, "чек", [RECEIPT]) is None


@pytest.mark.parametrize("fields", [[], {}, {"source": "instagram"}, None])
def test_a_field_is_added_to_those_there_are(fields: Any) -> None:
    body = build_body({**RECORD, "custom_fields": fields}, "чек", [RECEIPT])
    assert body is not None
    assert body.record["custom_fields"] == {**(fields or {}), "чек": RECEIPT.line}
    assert body.record["comment"] == "аллергия"


@pytest.mark.parametrize("client", [None, [], {}, {"phone": "8 (701) 000-00-00"}])
def test_whom_we_see_or_nobody(client: Any) -> None:
    assert build_body({**RECORD, "client": client}, "", [RECEIPT]) is not None


@pytest.mark.parametrize("client", [{"phone": "+7701*****00"}, {"phone": ""}, {"name": "Алия"}])
def test_a_client_whose_phone_is_hidden_is_not_sent_back(client: Any) -> None:
    with pytest.raises(CannotWrite, match="hidden"):
        build_body({**RECORD, "client": client}, "", [RECEIPT])


@pytest.mark.parametrize("name", ["staff_id", "services", "client", "datetime", "seance_length"])
def test_what_is_not_shown_would_be_lost(name: str) -> None:
    with pytest.raises(CannotWrite, match=name):
        build_body({key: value for key, value in RECORD.items() if key != name}, "", [RECEIPT])


class TestDigest:
    def test_a_webhook_may_spell_the_same_otherwise(self) -> None:
        odd = {
            **RECORD,
            "comment": f"аллергия\n{RECEIPT.line}",
            "services": {"0": {"id": "1", "amount": "1", "cost": "9500.00", "title": "x"}},
            "goods_transactions": [{"id": 4, "amount": "-1.000000000", "cost": 900.0}],
            "staff_id": "35011",
            "paid_full": 0,
        }
        assert digest_others(odd) == digest_others(RECORD)

    @pytest.mark.parametrize("change", [{"comment": "новое"}, {"services": []}, {"attendance": -1}, {"staff_id": 2},
                                        {"date": "2026-03-02 13:10:00"}, {"seance_length": 60}])  # fmt: skip
    def test_what_staff_change_is_seen(self, change: dict[str, Any]) -> None:
        assert digest_others({**RECORD, **change}) != digest_others(RECORD)
