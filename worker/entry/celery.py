"""Makes the Celery application, each setting with its reason; `celery -A worker worker | beat | flower | receipts | …`."""

import importlib
import sys
from typing import Any

import click
from celery import Celery, signals

from shared.config import ConfigurationError, get_settings
from shared.lean import stand_in
from shared.local_work import Item
from shared.logging import bind_contextvars, clear_contextvars, configure_logging, get_logger
from shared.queue import DEAD_LETTER, MAINTENANCE, RECEIPTS, RECORDS, ROUTES, broker_options, direct_queue
from shared.tracing import start_tracing, stop_tracing
from worker.entry import broker
from worker.entry.consuming import Consuming, pulse
from worker.entry.schedule import build_schedule

log = get_logger(__name__)

# Celery loads the commands of every package in every process. Dockerfile.worker sees to it that ours come before Flower's.
if "flower" not in sys.argv:
    stand_in("flower.command", flower=click.Command("flower", help="Web based tool for monitoring."))
try:
    settings = get_settings()
except ConfigurationError as unfit:
    raise SystemExit(f"cannot start: {unfit}") from None


@signals.beat_init.connect
def _check_secrets(**_: Any) -> None:
    """SystemExit, since Celery only logs other exceptions of its signal handlers."""
    try:
        settings.check_secrets()
    except ConfigurationError as error:
        raise SystemExit(f"cannot start: {error}") from None


if "flower" in sys.argv:  # it has no signal of its own
    _check_secrets()
broker.register()

app = Celery("altegio-webkassa", broker=settings.broker)
app.conf.update(
    # The work waits for networks: threads give a slot for an eighth of a process's memory.
    worker_pool="threads",
    # A message leaves the queue only when its task is done; a killed worker's messages come back.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # One message a slot: a waiting message is free for another worker.
    worker_prefetch_multiplier=1,
    # Outcomes live in PostgreSQL; nobody reads results.
    task_ignore_result=True,
    # Nothing that is not plain data may enter a worker.
    task_serializer="json",
    accept_content=["json"],
    # Shorter than the visibility timeout, so that no message runs twice because it ran long (process pools only).
    task_time_limit=90,
    task_soft_time_limit=75,
    # Publishing fails at once; the dispatcher repeats from the database.
    task_publish_retry=False,
    broker_transport_options=broker_options(settings),
    broker_connection_retry_on_startup=True,
    # A broker may be away for a day; giving up would need a person.
    broker_connection_max_retries=None,
    # Nor does one that answers and refuses end a worker: full, a replica, unable to save.
    broker_channel_error_retry=True,
    # Running calls to Webkassa get to end; what was not started goes back to the queue.
    worker_soft_shutdown_timeout=40,
    worker_enable_soft_shutdown_on_idle=False,
    # Our handlers mask secrets; Celery's own would replace them.
    worker_hijack_root_logger=False,
    # Flower turns events on while it watches; without it they would cost a message for every step of a task.
    worker_send_task_events=False,
    task_queues=[direct_queue(name) for name in (RECORDS, RECEIPTS, MAINTENANCE)],
    task_default_queue=MAINTENANCE,
    task_routes=ROUTES,
    # Declared for publishers, consumed by nobody: a person empties it.
    task_create_missing_queues=True,
    beat_schedule=build_schedule(settings),
    beat_scheduler="worker.entry.beat:Scheduler",
    timezone="Asia/Almaty",
    enable_utc=True,
)
app.steps["consumer"].add(Consuming)
DEAD_LETTER_QUEUE = direct_queue(DEAD_LETTER)


@signals.setup_logging.connect
def _setup_logging(**_: Any) -> None:
    configure_logging(settings)


@signals.celeryd_init.connect
def _register_tasks(**_: Any) -> None:
    """Only where they run: beat and Flower know tasks by name and are a third smaller without them."""
    importlib.import_module("worker.entry.tasks")
    importlib.import_module("worker.entry.remote").restrict()
    importlib.import_module("worker.entry.beat").keep_inside()


@signals.celeryd_init.connect
def _watch_for_slots(options: Any, **_: Any) -> None:
    """Unless `--concurrency` says how many."""
    if not options.get("concurrency"):
        signals.worker_init.connect(_choose_slots, weak=False)


def _choose_slots(sender: Any, **_: Any) -> None:
    """A pool of processes keeps Celery's own default."""
    if "thread" not in str(sender.pool_cls):
        return
    services = importlib.import_module("worker.services").get_services()
    sender.concurrency = importlib.import_module("worker.entry.slots").find_slots(services.sessions)


@signals.worker_init.connect
def _check_configuration(**_: Any) -> None:
    """SystemExit, since Celery only logs other exceptions of its signal handlers."""
    try:
        settings.check_for_worker()
        services = importlib.import_module("worker.services").get_services()
        importlib.import_module("worker.salon.naming").demand_named_salon(services.sessions, settings)
    except ConfigurationError as error:
        raise SystemExit(f"the worker cannot start: {error}") from None


@signals.worker_init.connect
def _start_standin(sender: Any = None, **_: Any) -> None:
    """Before the broker is there: it may be away for long."""
    services = importlib.import_module("worker.services").get_services()
    standin_module = importlib.import_module("worker.rounds.alone.standin")
    sign = importlib.import_module("worker.rounds.alone.sign").Sign(
        services.sessions, str(sender.hostname), settings.worker_alive_file
    )
    watchdog = _make_watchdog(services, sender)
    standin = standin_module.Standin(services, _do_alone, pulse.is_felt, watchdog, sign=sign)
    standin.start()
    signals.worker_shutdown.connect(lambda **_: standin.stop(), weak=False)


def _make_watchdog(services: Any, worker: Any) -> Any:
    """None where the tasks run in processes of their own, whose pulse is not felt here."""
    if "thread" not in str(worker.pool_cls):
        return None
    watchdog = importlib.import_module("worker.rounds.alone.watchdog")
    moved = watchdog.Pulse()
    for signal in (signals.task_prerun, signals.task_postrun):
        signal.connect(lambda **_: moved.beat(), weak=False)
    return watchdog.Watchdog(services, moved, watchdog.end_process)


def _do_alone(item: Item) -> None:
    """Does a task that no message brought."""
    clear_contextvars()
    bind_contextvars(task=item.name.rsplit(".", 1)[-1])
    if item.request_id:
        bind_contextvars(request_id=item.request_id)
    app.tasks[item.name](*item.args)


@signals.worker_ready.connect
def _serve_metrics(**_: Any) -> None:
    importlib.import_module("worker.entry.metrics_server").serve_metrics(settings)
    start_tracing("worker")
    signals.worker_shutdown.connect(lambda **_: stop_tracing(), weak=False)


@signals.task_prerun.connect
def _bind_context(task_id: str, task: Any, **_: Any) -> None:
    headers = task.request.headers or {}
    clear_contextvars()
    bind_contextvars(task=task.name.rsplit(".", 1)[-1], task_id=task_id)
    if headers.get("request_id"):
        bind_contextvars(request_id=headers["request_id"])


@signals.task_postrun.connect
def _clear_context(**_: Any) -> None:
    clear_contextvars()
