"""The stream of changes: whose they are, what whoever comes back hears, how many may listen, and when it ends."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from api.acquire.live.changes import EVERYTHING, QUESTION
from api.acquire.live.reader import MAX_OF_SESSION, Reader
from shared.storage.models import StaffSession
from tests.support.desk import COMPANY, Browser, Desk
from tests.support.listening import Listening, listen

FOREIGN = 990077
ALL = {topic.value for topic in EVERYTHING}


def open_in_sync(listening: Listening) -> str:
    """The place from which on everything is told."""
    event = listening.read_event()
    assert event is not None
    assert event[1:] == ("", ""), "nothing was missed"
    return event[0]


@pytest.fixture
def small_house(desk: Desk) -> Iterator[None]:
    """A process that holds one stream more than a session may have."""
    state = desk.app.state  # type: ignore[attr-defined]

    async def open_small() -> Reader:
        return Reader(desk.sessions, state.settings, MAX_OF_SESSION + 1)

    usual, state.live = state.live, desk.portal.call(open_small)
    yield
    desk.portal.call(state.live.stop)
    state.live = usual


class TestWhatIsTold:
    def test_a_visit_a_receipt_and_a_dead_letter(self, desk: Desk, cashier: Browser) -> None:
        with listen(desk, cashier) as listening:
            assert listening.headers["content-type"].startswith("text/event-stream")
            assert listening.headers["cache-control"] == "no-store"
            open_in_sync(listening)
            visit = desk.add_visit()
            assert listening.read_topics() >= {"visits", "deliveries"}
            receipt = desk.add_receipt(visit, state="pending")
            assert listening.read_topics() >= {"receipts", "visits"}
            desk.execute("UPDATE receipts SET state = 'issued', fiscal_number = '1' WHERE id = :id", id=receipt.id)
            assert listening.read_topics() >= {"receipts", "visits"}
            desk.execute("UPDATE webhook_records SET state = 'dead_lettered'")
            assert listening.read_topics() >= {"tasks", "visits"}
            desk.execute("UPDATE webhook_records SET state = 'processed'")
            assert listening.read_topics() >= {"tasks", "visits"}

    def test_a_register_that_is_paused(self, desk: Desk, cashier: Browser) -> None:
        desk.add_receipt(desk.add_visit())
        with listen(desk, cashier) as listening:
            open_in_sync(listening)
            desk.execute("UPDATE cashboxes SET paused_since = now(), paused_code = '10'")
            assert listening.read_topics() == {"registers", "tasks"}

    def test_a_payment_at_the_desk(self, desk: Desk, cashier: Browser) -> None:
        visit = desk.add_visit()
        with listen(desk, cashier) as listening:
            open_in_sync(listening)
            assert cashier.pay(visit.id).status_code == 303
            assert "visits" in listening.read_topics()

    def test_an_old_visit_that_changes_after_many_others(self, desk: Desk, cashier: Browser) -> None:
        old = desk.add_visit()
        for _ in range(3):
            desk.add_visit()
        with listen(desk, cashier) as listening:
            open_in_sync(listening)
            desk.execute("UPDATE visits SET is_open = false WHERE id = :id", id=old.id)
            assert listening.read_topics() == {"visits"}


class TestWhoseItIs:
    def test_staff_hear_of_their_own_salons_alone(self, desk: Desk, manager: Browser) -> None:
        desk.add_user("zarina", salons=[COMPANY])
        with listen(desk, desk.sign_in("zarina")) as narrow, listen(desk, manager) as wide:
            open_in_sync(narrow)
            open_in_sync(wide)
            foreign = desk.add_visit(company_id=FOREIGN)
            assert wide.read_topics() >= {"visits"}
            desk.execute("UPDATE webhook_records SET state = 'dead_lettered' WHERE id = :id", id=foreign.delivery_id)
            assert "tasks" in wide.read_topics()
            desk.execute("UPDATE visits SET is_deleted = true WHERE company_id = :company", company=FOREIGN)
            assert wide.read_topics() == {"visits"}
            own = desk.add_visit(state="processed")
            told = narrow.read_topics()
            assert "visits" in told
            assert "tasks" not in told, "that was the other salon's"
            assert own.company_id == COMPANY

    def test_nobody_listens_without_a_session(self, desk: Desk) -> None:
        stranger = desk.browser()
        assert stranger.get("/acquire/live").status_code == 401
        assert stranger.get("/acquire/live/news").json() == {"signed_in": False}


class TestComingBack:
    def test_what_was_missed_is_told_at_once(self, desk: Desk, cashier: Browser) -> None:
        with listen(desk, cashier) as listening:
            place = open_in_sync(listening)
        desk.add_visit()
        with listen(desk, cashier, last=place) as listening:
            event = listening.read_event()
            assert event is not None
            assert set(event[2].split()) >= {"visits"}
            assert "registers" not in event[2]
            assert int(event[0]) > int(place)
            place = event[0]
        with listen(desk, cashier, last=place) as listening:
            open_in_sync(listening)

    def test_the_browsers_own_place_is_newer_than_the_pages(self, desk: Desk, cashier: Browser) -> None:
        with listen(desk, cashier) as listening:
            first = open_in_sync(listening)
            desk.add_visit()
            event = listening.read_event()
            assert event is not None
        with listen(desk, cashier, since=first, last=event[0]) as listening:
            open_in_sync(listening)
        with listen(desk, cashier, since=first) as listening:
            assert "visits" in listening.read_topics()

    @pytest.mark.parametrize("place", ["1", "nonsense", "9" * 18, "-1", "", "१"])
    def test_from_a_place_that_is_not_known_everything_may_have_changed(
        self, desk: Desk, cashier: Browser, place: str
    ) -> None:
        with listen(desk, cashier, since=place) as listening:
            assert listening.read_topics() == ALL
        assert set(cashier.get(f"/acquire/live/news?since={place}").json()["topics"]) == ALL

    def test_another_salons_news_are_not_told_afterwards_either(self, desk: Desk) -> None:
        desk.add_user("zarina", salons=[COMPANY])
        browser = desk.sign_in("zarina")
        with listen(desk, browser) as listening:
            place = open_in_sync(listening)
        desk.add_visit(company_id=FOREIGN)
        with listen(desk, browser, last=place) as listening:
            open_in_sync(listening)

    def test_browsers_without_a_stream_ask(self, desk: Desk, cashier: Browser) -> None:
        first = cashier.get("/acquire/live/news").json()
        assert first["topics"] == []
        desk.add_visit()
        told = cashier.get(f"/acquire/live/news?since={first['place']}").json()
        assert "visits" in told["topics"]
        assert cashier.get(f"/acquire/live/news?since={told['place']}").json()["topics"] == []


class TestHowMany:
    def test_a_session_has_a_few_and_the_process_has_an_end(
        self, desk: Desk, cashier: Browser, manager: Browser, small_house: None
    ) -> None:
        with ExitStack() as opened:
            for _ in range(MAX_OF_SESSION):
                open_in_sync(opened.enter_context(listen(desk, cashier)))
            with listen(desk, cashier, status=429) as refused:
                assert refused.headers["retry-after"] == "10"
            with listen(desk, manager) as another:
                open_in_sync(another)
                desk.add_user("omar")
                with listen(desk, desk.sign_in("omar"), status=503):
                    pass
            assert cashier.get("/acquire/live/news").status_code == 200, "asking goes on"
        with listen(desk, cashier) as listening:
            open_in_sync(listening)

    def test_one_statement_a_look_however_many_listen(self, desk: Desk, cashier: Browser, manager: Browser) -> None:
        reader = desk.app.state.live  # type: ignore[attr-defined]
        with ExitStack() as opened:
            streams = [opened.enter_context(listen(desk, browser)) for browser in (cashier, manager) for _ in range(5)]
            for stream in streams:
                open_in_sync(stream)
            assert reader.listener_count == len(streams)
            desk.add_visit()
            for stream in streams:
                assert "visits" in stream.read_topics()
        assert reader.listener_count == 0


class TestTheEnd:
    @pytest.mark.parametrize(
        "ending",
        [
            "DELETE FROM staff_sessions",
            "UPDATE staff_users SET disabled_at = now()",
            "UPDATE staff_sessions SET last_seen_at = now() - interval '1 day'",
            "UPDATE staff_sessions SET expires_at = now()",
        ],
    )
    def test_it_ends_with_the_session(self, desk: Desk, cashier: Browser, ending: str) -> None:
        with listen(desk, cashier) as listening:
            open_in_sync(listening)
            desk.execute(ending)
            assert listening.read_event() == ("", "over", "signed out")
            assert listening.read_event() is None

    def test_it_ends_when_the_rights_change_and_comes_back_with_the_new_ones(self, desk: Desk) -> None:
        user_id = desk.add_user("zarina", salons=[COMPANY])
        browser = desk.sign_in("zarina")
        with listen(desk, browser) as listening:
            open_in_sync(listening)
            desk.execute("UPDATE staff_salons SET company_id = :other WHERE staff_user_id = :id", other=FOREIGN, id=user_id)
            assert listening.read_topics() == ALL, "what is on the screen is not theirs any more"
            assert listening.read_event() is None

    def test_listening_is_not_using(self, desk: Desk, cashier: Browser) -> None:
        def read_last_use() -> object:
            return desk.all(StaffSession)[0].last_seen_at

        desk.execute("UPDATE staff_sessions SET last_seen_at = now() - interval '10 minutes'")
        before = read_last_use()
        with listen(desk, cashier) as listening:
            open_in_sync(listening)
        assert cashier.get("/acquire/live/news").status_code == 200
        assert cashier.get("/acquire", headers={"X-Fragment": "live"}).status_code == 200
        assert read_last_use() == before
        cashier.page("/acquire")
        assert read_last_use() != before

    def test_a_page_that_looks_after_itself_is_told_that_the_session_is_over(self, desk: Desk, cashier: Browser) -> None:
        desk.execute("DELETE FROM staff_sessions")
        assert cashier.get("/acquire", headers={"X-Fragment": "live"}).status_code == 401
        assert cashier.get("/acquire").status_code == 303


def test_a_look_reads_no_table_from_end_to_end(desk: Desk) -> None:
    """Where an index can be taken at all; registers are as few as salons, and shifts that are open fewer."""
    with desk.sessions() as session:
        connection = session.connection()
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        question = QUESTION.compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {question}".replace("%%", "%")).scalars())
    assert plan.count("Index") > 15
    assert {line.split(" on ")[1].split()[0] for line in plan.splitlines() if "Seq Scan" in line} <= {"cashboxes"}, plan
