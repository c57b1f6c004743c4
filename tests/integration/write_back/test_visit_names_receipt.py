"""A visit in Altegio names its receipts: number and link, nothing else changed, no edit undone, withdrawn on return."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from dev.demo.waiting import wait_until
from shared.queue import MAINTENANCE, count_waiting
from tests.support.back import Back
from tests.support.payloads import T2, T3
from tests.support.salon import RECORD, paid
from worker.rounds.write_back.marks import open_marks, write_next_mark
from worker.rounds.write_back.round import ask_for_what_waits, ask_to_write_back

FIELD = "field:fiscal"


def test_number_and_link_are_added_to_the_comment_and_nothing_else_is_touched(back: Back) -> None:
    back.pay()
    before = back.record()
    back.write()
    after = back.record()
    assert after["comment"] == f"аллергия на аммиак\n{back.line()}"
    assert {name for name in before if before[name] != after[name]} == {"comment", "last_change_date"}
    assert back.overwritten == []


def test_into_a_field_of_the_salons_choice(back: Back) -> None:
    back.choose(write_back=FIELD)
    back.pay()
    back.write()
    assert back.record()["custom_fields"] == {"source": "instagram", "fiscal": back.line()}
    assert back.comment == "аллергия на аммиак"


def test_a_field_that_holds_something_else_is_left_alone_and_told(back: Back) -> None:
    back.choose(write_back=FIELD)
    back.pay(custom_fields={"fiscal": "важное"})
    back.write()
    assert back.record()["custom_fields"] == {"fiscal": "важное"}
    (told,) = back.told("not_written_back")
    assert str(RECORD) in told


def test_a_salon_chooses_for_itself(back: Back) -> None:
    back.choose(write_back="off")
    back.pay()
    back.write()
    assert back.comment == "аллергия на аммиак"
    back.salon.bridge.execute("UPDATE cashboxes SET company_id = 307626, write_back = 'comment'")
    back.write()
    assert back.comment.endswith(back.line())
    back.choose(write_back="comment")
    back.salon.bridge.execute("UPDATE cashboxes SET write_back = 'off'")
    back.pay(4000, 2001)
    back.write()
    assert back.record(2001)["comment"] == "аллергия на аммиак"


def test_it_is_written_once(back: Back) -> None:
    back.pay()
    back.settle()
    assert back.comment.count("Чек Webkassa") == 1
    assert back.count_writes() == 1
    assert back.marks() == ["done"]


def test_a_return_takes_the_line_away_again_and_asks_nobody(back: Back) -> None:
    """The webhook of that write says once more that the visit is paid: it is no payment that waits for its receipt."""
    back.pay()
    back.settle()
    back.salon.bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('dana', 'manager', 'x')")
    back.salon.bridge.execute(
        "INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, lines)"
        " SELECT 1, id, gen_random_uuid(), 'передумали', '[]' FROM staff_users"
    )
    back.return_ordered()
    back.write()
    assert back.comment == "аллергия на аммиак"
    back.salon.bridge.deliver({**back.visit(), "data": back.record()})
    assert (back.salon.asked, len(back.salon.sales)) == ({}, 1)


def test_each_receipt_of_a_visit_has_its_line(back: Back) -> None:
    back.choose(write_back="comment", part_payments="each")
    part = paid(1, 3000, document_id=0)
    back.salon.tell(part, back.visit(paid=0, payment_status=2, documents=[]))
    back.write()
    assert back.comment.count("Чек Webkassa") == 1
    rest = paid(2, 6500, changed=T2, document_id=0)
    back.salon.tell(rest, back.visit(paid=1, changed=T2, documents=[]))
    back.write()
    assert back.comment.splitlines()[1:] == [back.line(1), back.line(2)]


class TestEditsOfOthers:
    def test_a_comment_that_is_changed_later_stays_and_so_does_the_line(self, back: Back) -> None:
        back.pay()
        back.write()
        back.salon.tell(back.visit(comment=f"пришла с собакой\n{back.line()}", changed=T2, documents=[]))
        back.settle()
        assert back.comment == f"пришла с собакой\n{back.line()}"
        assert back.overwritten == []

    def test_what_is_read_older_than_a_webhook_is_not_sent_back(self, back: Back) -> None:
        """Altegio's copies are behind: the read lacks what somebody has just typed."""
        back.pay()
        back.altegio.settings(read_lags={307626: 30.0})
        back.salon.tell(back.visit(comment="пришла с собакой", changed=T2, documents=[]))
        back.write()
        assert back.count_writes() == 0
        back.altegio.settings(read_lags={})
        back.settle()
        assert back.comment == f"пришла с собакой\n{back.line()}"
        assert back.overwritten == []

    def change_meanwhile(self, back: Back) -> None:
        """Somebody changes the visit while our write is on its way: only a webhook tells of it, afterwards."""
        back.pay()
        back.altegio.fault(operation="record_update", kind="slow", seconds=2)
        edit = back.visit(12_000, comment="пришла с собакой", changed=T2, documents=[])
        writer = Thread(target=back.write)
        writer.start()
        wait_until(lambda: back.count_writes() == 1, timeout=20, what="the write to be on its way")
        back.salon.know(edit)
        writer.join()
        assert back.overwritten != []
        back.salon.bridge.deliver(edit)

    def test_what_a_write_undid_is_put_back(self, back: Back) -> None:
        self.change_meanwhile(back)
        back.settle()
        assert back.overwritten == []
        assert back.comment == f"пришла с собакой\n{back.line()}"
        assert back.record()["services"][0]["cost"] == 12_000
        assert (back.marks(), back.told("not_written_back")) == (["done"], [])

    def test_unless_somebody_has_changed_it_since(self, back: Back) -> None:
        self.change_meanwhile(back)
        later = back.visit(comment="ушла", changed="2036-03-02T12:00:00+0500", documents=[])
        back.salon.tell(later)
        back.settle()
        assert back.comment.startswith("ушла")
        (told,) = back.told("not_written_back")
        assert "undone" in told

    def test_a_new_receipt_does_not_wait_for_those_that_are_looked_after(self, back: Back) -> None:
        for record_id in (2001, 2002):
            back.pay(4000, record_id)
        back.write()
        back.let_time_pass()
        back.pay(4000, 2003)
        services = back.salon.bridge.services
        with services.sessions.begin() as session:
            open_marks(session, "comment", timedelta(days=1))
        assert services.altegio is not None
        assert write_next_mark(services, services.altegio)
        assert "Чек Webkassa" in back.record(2003)["comment"]

    def test_two_workers_write_each_visit_once(self, back: Back) -> None:
        visits = range(2001, 2009)
        for record_id in visits:
            back.pay(4000, record_id)
        services, altegio = back.salon.bridge.services, back.salon.bridge.services.altegio
        assert altegio is not None
        with services.sessions.begin() as session:
            open_marks(session, "comment", timedelta(days=1))

        def work() -> None:
            while write_next_mark(services, altegio):
                pass

        workers = [Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        back.settle()
        assert back.marks() == ["done"] * len(visits)
        assert back.count_writes() == len(visits)
        assert all(back.record(record_id)["comment"].count("Чек Webkassa") == 1 for record_id in visits)

    def test_our_own_webhook_undid_nothing(self, back: Back) -> None:
        back.pay()
        back.write()
        own = back.record()
        back.salon.bridge.deliver({**back.visit(), "data": own})
        back.settle()
        assert back.told("not_written_back") == []

    def test_a_line_that_staff_removed_is_written_once_more_and_then_left_out(self, back: Back) -> None:
        back.altegio.settings(edits_keep_lines=False)
        back.pay()
        back.write()
        for _ in range(3):
            back.salon.know(back.visit(comment="без строки", changed=T3, documents=[]))
            back.let_time_pass()
            back.write()
        assert back.count_writes() <= 2
        assert back.marks() == ["done"]


class TestTrouble:
    @pytest.mark.parametrize("order", [{"kind": "drop"}, {"kind": "500"}, {"kind": "truncated"},
                                       {"kind": "500", "when": "before"}, {"kind": "429", "retry_after": 0}])  # fmt: skip
    def test_it_is_made_good(self, back: Back, order: dict[str, Any]) -> None:
        back.pay()
        back.altegio.fault(operation="record_update", **order)
        back.settle()
        assert back.comment == f"аллергия на аммиак\n{back.line()}"
        assert back.marks() == ["done"]
        assert back.overwritten == []
        assert back.told("not_written_back") == []

    @pytest.mark.parametrize("kind", ["409", "refused_200"])
    def test_a_refusal_that_passes_is_nobodys_news(self, back: Back, kind: str) -> None:
        back.pay()
        back.altegio.fault(operation="record_update", kind=kind, times=2)
        back.settle()
        assert (back.marks(), back.told("not_written_back")) == (["done"], [])
        assert back.comment == f"аллергия на аммиак\n{back.line()}"

    @pytest.mark.parametrize("kind", ["403", "409", "refused_200"])
    def test_a_refusal_is_told_and_never_touches_the_receipt(self, back: Back, kind: str) -> None:
        back.pay()
        back.altegio.fault(operation="record_update", kind=kind, times=None)
        back.settle()
        assert back.marks() == ["given_up"]
        assert len(back.told("not_written_back")) == 1
        assert back.salon.bridge.receipt().state == "issued"

    @pytest.mark.parametrize("fields", [{"is_update_blocked": True}, {"client": {"id": 5, "phone": "+7701***"}}])
    def test_what_would_be_lost_is_not_written(self, back: Back, fields: dict[str, Any]) -> None:
        back.pay(**fields)
        back.settle()
        assert back.count_writes() == 0
        assert len(back.told("not_written_back")) == 1

    def test_a_visit_that_is_gone_is_nobodys_trouble(self, back: Back) -> None:
        back.pay()
        back.salon.know(back.visit(deleted=True, changed=T2))
        back.settle()
        assert (back.marks(), back.count_writes(), back.told("not_written_back")) == (["done"], 0, [])

    def test_a_worker_that_died_leaves_its_work_to_others(self, back: Back) -> None:
        back.pay()
        back.altegio.fault(operation="record_update", kind="drop")
        back.write()
        back.salon.bridge.execute("UPDATE visit_marks SET lease_until = now() + interval '1 hour'")
        back.settle()
        assert back.marks() == ["open"]
        back.salon.bridge.execute("UPDATE visit_marks SET lease_until = now() - interval '1 s'")
        back.settle()
        assert (back.marks(), back.count_writes()) == (["done"], 1)

    def test_what_cannot_be_looked_after_stands(self, back: Back) -> None:
        back.pay()
        back.write()
        back.altegio.settings(no_rights=["record"])
        back.settle()
        assert (back.marks(), back.told("not_written_back")) == (["done"], [])


class TestMessages:
    """Each is a hint; with nothing to be done now there is none, or workers would ask each other without end."""

    def test_one_where_something_is_due_and_none_where_somebody_is_at_it(self, back: Back) -> None:
        services = back.salon.bridge.services
        back.pay()
        back.altegio.fault(operation="record_update", kind="drop")
        back.write()
        count = count_messages(back)
        ask_for_what_waits(services)
        assert count_messages(back) == count
        back.let_time_pass()
        ask_for_what_waits(services)
        assert count_messages(back) == count + 1
        back.salon.bridge.execute("UPDATE visit_marks SET lease_until = now() + interval '1 hour'")
        ask_for_what_waits(services)
        back.write()
        assert count_messages(back) == count + 1

    def test_after_a_receipt_where_anybody_wants_it(self, back: Back) -> None:
        ask_to_write_back(back.salon.bridge.services)
        assert count_messages(back) == 1
        back.choose(write_back="off")
        ask_to_write_back(back.salon.bridge.services)
        assert count_messages(back) == 1
        back.salon.bridge.execute("INSERT INTO cashboxes (unique_number, write_back) VALUES ('SWK9', 'comment')")
        ask_to_write_back(back.salon.bridge.services)
        assert count_messages(back) == 2


def count_messages(back: Back) -> int:
    """Those with a countdown too: Celery gives them out as they are."""
    return count_waiting(back.salon.bridge.services.producer, MAINTENANCE)


class TestOwnWebhooks:
    """The webhook of our own write changes nothing, whatever the salon's marker is."""

    @pytest.mark.parametrize("marker", ["", "чек", "webkassa"])
    def test_it_makes_no_second_receipt(self, back: Back, marker: str) -> None:
        back.choose(write_back="comment", fiscalize_comment_marker=marker)
        back.pay(comment=f"постоянная {marker}")
        back.write()
        back.salon.bridge.deliver({**back.visit(), "data": back.record()})
        back.settle()
        assert len(back.salon.sales) == 1
        assert back.salon.returns_due == {}
        assert [row.state for row in back.salon.bridge.rows()][-1] in ("processed", "ignored")

    def test_our_words_are_no_marker(self, back: Back) -> None:
        """A visit that names a receipt of its past is not marked by that."""
        back.choose(write_back="comment", fiscalize_comment_marker="чек")
        line = "Чек Webkassa № 123: http://ofd.example/?i=1"
        back.salon.tell(back.visit(comment=f"постоянная\n{line}"))
        assert back.salon.sales == []
        assert "no marker" in str(back.salon.bridge.row().reason)
