"""Defines the tasks: thin, with ids as arguments, one use case each. Every one may run twice, and beside itself."""

from collections.abc import Callable
from typing import Any

from shared.queue import (
    CARRY_OUT,
    CATCH_UP,
    CHECK_BOOKS,
    CHECK_LICENCES,
    CLOSE_SHIFT,
    DELIVER,
    DISPATCH,
    EMPTY_OLD_ROWS,
    EXAMINE,
    EXAMINE_ALL,
    FETCH_LAYOUT,
    ISSUE_RECEIPTS,
    MAKE_RETURN,
    PROCESS_RECORD,
    REPLAY_DEAD_LETTER,
    REPLAY_DEAD_LETTERS,
    REPLAY_RUN,
    SWEEP,
    TRY_OUT,
    WATCH,
    WATCH_SHIFTS,
    WRITE_BACK,
)
from shared.replay import find_dead_letters, replay
from worker.cashbox.print_layout import fetch_print_layout
from worker.decide.process_record import process_record as decide_record
from worker.entry.celery import app
from worker.entry.doctor.report import report_service, report_vendors
from worker.issue.issue_due import issue_due
from worker.issue.make_return import make_return as decide_return
from worker.rounds import nightly_z_report as night
from worker.rounds import rescue as dispatcher
from worker.rounds.books import check_books as look_into_books
from worker.rounds.cashbox_orders import carry_out as carry_out_order
from worker.rounds.hook_check import check_hooks
from worker.rounds.left_behind import sweep as end_left_behind
from worker.rounds.missed_webhooks import catch_up as ask_what_changed
from worker.rounds.replays.run import go_on, take_up_runs
from worker.rounds.retention import TURN_SECONDS, empty_expired
from worker.rounds.timetable import list_rounds
from worker.rounds.trials.trying import try_out as try_out_now
from worker.rounds.turns import take_turn
from worker.rounds.watch.licences import check_licences as ask_licences
from worker.rounds.watch.watch import watch as watch_once
from worker.rounds.write_back.round import LEFT_BEHIND, ask_for_what_waits, ask_to_write_back
from worker.rounds.write_back.round import write_back as write_what_is_due
from worker.salon.customer.delivery import deliver_due
from worker.services import Services, get_services


@app.task(name=PROCESS_RECORD)
def process_record(row_id: int, **_: Any) -> None:
    """Decides the delivery of that id, then issues what its decision made due."""
    services = get_services()
    resolution = decide_record(services, row_id)
    if resolution is None:
        return
    dispatcher.follow_up(services.sessions, services.producer, row_id, resolution)
    if resolution.cashbox_id is not None:
        _issue(services, resolution.cashbox_id)


@app.task(name=MAKE_RETURN)
def make_return(order_id: int) -> None:
    """Makes the return receipt of an order, then issues it."""
    services = get_services()
    cashbox_id = decide_return(services.sessions, order_id)
    if cashbox_id is not None:
        _issue(services, cashbox_id)


@app.task(name=ISSUE_RECEIPTS)
def issue_receipts(cashbox_id: int) -> None:
    """Issues what is due on the cashbox."""
    _issue(get_services(), cashbox_id)


@app.task(name=CLOSE_SHIFT)
def close_shift(cashbox_id: int) -> None:
    """Sends the nightly Z-report of the cashbox, then issues what waited behind it."""
    services = get_services()
    if night.close_due(services, cashbox_id):
        _issue(services, cashbox_id)


def _issue(services: Services, cashbox_id: int) -> None:
    issue_due(services, cashbox_id)
    ask_to_write_back(services)


@app.task(name=WRITE_BACK)
def write_back() -> None:
    """Writes into Altegio what is due there, and looks after receipts at their operator."""
    write_what_is_due(get_services())


@app.task(name=CARRY_OUT)
def carry_out(order_id: int) -> None:
    """Carries out an order of a report or of a movement of cash."""
    carry_out_order(get_services(), order_id)


@app.task(name=FETCH_LAYOUT)
def fetch_layout(layout_id: int) -> None:
    """Fetches the lines by which a receipt is printed on one paper in one language, then issues what waited behind it."""
    services = get_services()
    cashbox_id = fetch_print_layout(services, layout_id)
    if cashbox_id is not None:
        issue_due(services, cashbox_id)


@app.task(name=TRY_OUT)
def try_out(trial_id: int) -> None:
    """Tries out the addresses of alerts, or Altegio's tokens, for somebody who waits for the answer."""
    try_out_now(get_services(), trial_id)


@app.task(name=REPLAY_RUN)
def replay_run(run_id: int) -> None:
    """Foretells or carries out a replay of chosen deliveries, for a bounded time."""
    go_on(get_services(), run_id)


@app.task(name=EXAMINE_ALL)
def examine_all() -> None:
    """Examines the service, Webkassa and Altegio for somebody who asked."""
    services = get_services()
    report_service(services, app)
    report_vendors(services)


@app.task(name=DELIVER)
def deliver() -> None:
    """Hands issued receipts to their customers."""
    deliver_due(get_services())


# What the clock starts. `by_beat` is False where beat did not: see `worker.rounds.alone`. Ticks send no events: they would
# bury in Flower what does something.


@app.task(name=DISPATCH, send_events=False)
def dispatch(by_beat: bool = True) -> None:
    """Puts back to work what is due and has no message."""
    _go_round(DISPATCH, _dispatch, by_beat)


def _dispatch(services: Services) -> None:
    dispatcher.dispatch(services)
    ask_for_what_waits(services)


@app.task(name=SWEEP, send_events=False)
def sweep(by_beat: bool = True) -> None:
    """Ends deliveries that were left behind."""
    _go_round(SWEEP, _sweep, by_beat)


def _sweep(services: Services) -> None:
    end_left_behind(services.sessions)
    write_what_is_due(services, LEFT_BEHIND)
    take_up_runs(services)


@app.task(name=WATCH_SHIFTS, send_events=False)
def watch_shifts(by_beat: bool = True) -> None:
    """Finds shifts whose time to be closed has come."""
    _go_round(WATCH_SHIFTS, lambda s: night.watch_shifts(s.sessions, s.settings, s.producer), by_beat)


@app.task(name=CATCH_UP, send_events=False)
def catch_up(by_beat: bool = True) -> None:
    """Finds what Altegio changed without telling, and whether it still knows our address."""
    _go_round(CATCH_UP, _catch_up, by_beat)


def _catch_up(services: Services) -> None:
    ask_what_changed(services)
    check_hooks(services.sessions, services.settings, services.altegio)


@app.task(name=WATCH, send_events=False)
def watch(by_beat: bool = True) -> None:
    """Looks for trouble and tells people of it."""
    _go_round(WATCH, watch_once, by_beat)


@app.task(name=CHECK_LICENCES, send_events=False)
def check_licences(by_beat: bool = True) -> None:
    """Asks each cashbox, once a day, until when its licence runs."""
    _go_round(CHECK_LICENCES, ask_licences, by_beat)


@app.task(name=CHECK_BOOKS, send_events=False)
def check_books(by_beat: bool = True) -> None:
    """Looks into the books of the last days for what a person has to look at."""
    _go_round(CHECK_BOOKS, lambda s: look_into_books(s.sessions), by_beat)


@app.task(name=EMPTY_OLD_ROWS, send_events=False)
def empty_old_rows(by_beat: bool = True) -> None:
    """Empties rows that are old enough, for a bounded time."""
    _go_round(EMPTY_OLD_ROWS, lambda s: empty_expired(s.sessions, s.settings, seconds=TURN_SECONDS), by_beat)


@app.task(name=EXAMINE, send_events=False)
def examine(by_beat: bool = True) -> None:
    """Examines the service itself, for the page of its health."""
    _go_round(EXAMINE, lambda s: report_service(s, app), by_beat)


def _go_round(name: str, do: Callable[[Services], object], by_beat: bool) -> None:
    """Only where its time has come: ticks may pile up, come late, or come from two beats."""
    services = get_services()
    [round_] = [one for one in list_rounds(services.settings) if one.name == name]
    if take_turn(services.sessions, round_, by_beat=by_beat):
        do(services)


@app.task(name=REPLAY_DEAD_LETTER)
def replay_dead_letter(row_id: int) -> None:
    """Replays a delivery by its message in the `dead_letter` queue, should a person let a worker consume it."""
    services = get_services()
    reason = "dead_letter queue consumed"
    replay(services.sessions, services.producer, services.redis, row_id, actor="queue", reason=reason)


@app.task(name=REPLAY_DEAD_LETTERS)
def replay_dead_letters(reason: str = "replay_dead_letters called") -> None:
    """Replays everything that waits for a person."""
    services = get_services()
    with services.sessions() as session:
        ids = find_dead_letters(session)
    for row_id in ids:
        replay(services.sessions, services.producer, services.redis, row_id, actor="task", reason=reason)
