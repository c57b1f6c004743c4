"""Names queues and tasks, and publishes work: by task name, with ids as arguments. The HTTP process has no other way.

A worker whose broker is away publishes to itself (`Producer.local`); nobody who publishes sees a difference.
"""

import json
import os
import random
import socket
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from amqp.exceptions import AMQPError
from celery import Celery
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel as RedisChannel

from shared.config import Settings
from shared.local_work import LocalWork
from shared.redis_keys import PREFIX

RECORDS = "records"
RECEIPTS = "receipts"
MAINTENANCE = "maintenance"
DEAD_LETTER = "dead_letter"

PROCESS_RECORD = "worker.tasks.process_record"
ISSUE_RECEIPTS = "worker.tasks.issue_receipts"
DISPATCH = "worker.tasks.dispatch"
SWEEP = "worker.tasks.sweep"
CATCH_UP = "worker.tasks.catch_up"
WATCH = "worker.tasks.watch"
CHECK_LICENCES = "worker.tasks.check_licences"
CHECK_BOOKS = "worker.tasks.check_books"
EMPTY_OLD_ROWS = "worker.tasks.empty_old_rows"
WRITE_BACK = "worker.tasks.write_back"
MAKE_RETURN = "worker.tasks.make_return"
WATCH_SHIFTS = "worker.tasks.watch_shifts"
CLOSE_SHIFT = "worker.tasks.close_shift"
CARRY_OUT = "worker.tasks.carry_out"
FETCH_LAYOUT = "worker.tasks.fetch_layout"
DELIVER = "worker.tasks.deliver"
REPLAY_DEAD_LETTER = "worker.tasks.replay_dead_letter"
REPLAY_DEAD_LETTERS = "worker.tasks.replay_dead_letters"

ROUTES = {
    PROCESS_RECORD: {"queue": RECORDS},
    ISSUE_RECEIPTS: {"queue": RECEIPTS},
    MAKE_RETURN: {"queue": RECORDS},
    WATCH_SHIFTS: {"queue": MAINTENANCE},
    CLOSE_SHIFT: {"queue": RECEIPTS},
    CARRY_OUT: {"queue": RECEIPTS},
    FETCH_LAYOUT: {"queue": RECEIPTS},
    DELIVER: {"queue": MAINTENANCE},
    DISPATCH: {"queue": MAINTENANCE},
    SWEEP: {"queue": MAINTENANCE},
    CATCH_UP: {"queue": MAINTENANCE},
    WATCH: {"queue": MAINTENANCE},
    CHECK_LICENCES: {"queue": MAINTENANCE},
    CHECK_BOOKS: {"queue": MAINTENANCE},
    EMPTY_OLD_ROWS: {"queue": MAINTENANCE},
    WRITE_BACK: {"queue": MAINTENANCE},
    REPLAY_DEAD_LETTERS: {"queue": MAINTENANCE},
    REPLAY_DEAD_LETTER: {"queue": DEAD_LETTER},
}

# With more than this waiting for a decision, more messages would not make the work faster, and fill Redis while workers are
# away: what is above comes from the database.
MOST_PUBLISHED = 5_000
PROBE_KEY = f"{PREFIX}broker:probe"

# Not every system knows all of them.
_KEEP_ALIVE = {
    getattr(socket, name): value
    for name, value in {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}.items()
    if hasattr(socket, name)
}
# A hung Redis must cost a publisher seconds, not minutes; a message that is lost is repeated from the database.
BROKER_OPTIONS: dict[str, Any] = {
    "socket_timeout": 2.0,
    "socket_connect_timeout": 2.0,
    "socket_keepalive": True,
    # A host that is gone without a word is missed within half a minute, and so is an answer that never comes.
    "socket_keepalive_options": _KEEP_ALIVE,
    "health_check_interval": 10,
    # A message of a killed worker comes back after this long: longer than any task runs, or waits for its countdown.
    "visibility_timeout": 180,
    # kombu sweeps lost messages every interval x throttle seconds: 100 by default, 5 here.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A worker killed while it gave messages back holds the others up no longer than this.
    "unacked_mutex_expire": 30,
}


# RabbitMQ gives messages of a lost connection back at once. A publisher is told that its message arrived.
_AMQP_OPTIONS: dict[str, Any] = {"confirm_publish": True, "connect_timeout": 2.0, "write_timeout": 2.0}


def broker_options(settings: Settings) -> dict[str, Any]:
    """Returns the transport options of the broker that the settings name: of Redis, or of AMQP."""
    return BROKER_OPTIONS if settings.broker.startswith(("redis", "rediss")) else _AMQP_OPTIONS


def direct_queue(name: str) -> Queue:
    """Returns a queue with an exchange and a routing key of its own name."""
    return Queue(name, Exchange(name, type="direct"), routing_key=name)


class Producer(Celery):
    """Publishes only. While `local` is set, no broker gives this process work, and what it publishes it does itself."""

    local: LocalWork | None = None

    def send_task(self, name: str, args: Any = None, *others: Any, **options: Any) -> Any:
        """Publishes a message, or keeps the work here. Raises kombu.exceptions.OperationalError when neither can be."""
        if self.local is None:
            return super().send_task(name, args, *others, **options)
        if ROUTES[name]["queue"] == DEAD_LETTER:
            raise OperationalError("nobody is to do this, and there is no broker to keep it")
        request_id = (options.get("headers") or {}).get("request_id")
        return self.local.put(name, args or (), seconds=options.get("countdown") or 0.0, request_id=request_id)


def create_producer(settings: Settings) -> Producer:
    """Returns a Celery application that only publishes. It fails at once instead of retrying: the dispatcher repeats."""
    app = Producer("altegio-webkassa-producer", broker=settings.broker, set_as_current=False)
    app.conf.update(
        task_routes=ROUTES,
        task_queues=[direct_queue(name) for name in (RECORDS, RECEIPTS, MAINTENANCE, DEAD_LETTER)],
        task_ignore_result=True,
        task_serializer="json",
        task_publish_retry=False,
        # Tried once: kombu would try for as long as it may connect, and whoever publishes would wait.
        broker_transport_options={**broker_options(settings), "max_retries": 0},
    )
    return app


def publish_records(app: Celery, ids: Iterable[int], *, request_id: str | None = None) -> None:
    """Publishes one message a row of `webhook_records`, to be decided.

    Raises kombu.exceptions.OperationalError, redis.exceptions.RedisError when the broker is away.
    """
    publish_batch(app, [(row_id, request_id) for row_id in ids])


def publish_batch(app: Celery, rows: Sequence[tuple[int, str | None]]) -> int:
    """Publishes a message for each row and the request that brought it, all in one command where the broker is Redis.

    Returns how many messages wait there now, 0 where that would cost a question. Celery takes a millisecond to send a
    message, which is more than everything else that a webhook costs. Raises like `publish_records`.
    """
    if not rows:
        return 0
    if is_alone(app):
        _send_each(app, rows)
        return 0
    with _one_kind_of_trouble(), app.producer_or_acquire() as producer:
        channel = producer.channel
        if isinstance(channel, RedisChannel):
            with channel.conn_or_acquire() as client:
                return int(client.lpush(RECORDS, *(build_record_message(*row) for row in rows)))
        _send_each(app, rows, producer=producer)
    return 0


def _send_each(app: Celery, rows: Sequence[tuple[int, str | None]], **options: Any) -> None:
    for row_id, request_id in rows:
        headers = {"request_id": request_id} if request_id else None
        app.send_task(PROCESS_RECORD, args=[row_id], headers=headers, retry=False, **options)


def is_alone(app: Celery) -> bool:
    """Says whether this process does what it publishes."""
    return isinstance(app, Producer) and app.local is not None


@contextmanager
def _one_kind_of_trouble() -> Iterator[None]:
    """A lost RabbitMQ is what a lost Redis is to the callers."""
    try:
        yield
    except AMQPError as error:
        raise OperationalError(str(error)) from error


def build_record_message(row_id: int, request_id: str | None) -> str:
    """Returns the JSON that Celery and kombu would put into Redis to have a row decided. A test compares the two."""
    body = f'[[{row_id}], {{}}, {{"callbacks": null, "errbacks": null, "chain": null, "chord": null}}]'
    return _MESSAGE.format(
        task_id=str(UUID(int=random.getrandbits(128), version=4)),
        row_id=row_id,
        body=b64encode(body.encode()).decode(),
        own_headers=f', "request_id": {json.dumps(request_id)}' if request_id else "",
    )


_MESSAGE = (
    '{{"body": "{body}", "content-encoding": "utf-8", "content-type": "application/json", "headers": {{'
    f'"lang": "py", "task": "{PROCESS_RECORD}", "origin": "gen{os.getpid()}@{socket.gethostname()}", '
    '"id": "{task_id}", "root_id": "{task_id}", "parent_id": null, "argsrepr": "[{row_id}]", "kwargsrepr": "{{}}", '
    '"shadow": null, "eta": null, "expires": null, "group": null, "group_index": null, "retries": 0, '
    '"timelimit": [null, null], "ignore_result": null, "replaced_task_nesting": 0, "stamped_headers": null, '
    '"stamps": {{}}{own_headers}}}, "properties": {{"correlation_id": "{task_id}", "delivery_mode": 2, '
    f'"delivery_info": {{{{"exchange": "", "routing_key": "{RECORDS}"}}}}, "priority": 0, '
    '"body_encoding": "base64", "delivery_tag": "{task_id}"}}}}'
)


def find_room(app: Celery, queue: str, most: int) -> int:
    """Returns how many more messages a queue can use if it is to hold `most`. Raises like `count_waiting`."""
    if isinstance(app, Producer) and app.local is not None:
        return min(app.local.room, most)
    return max(most - count_waiting(app, queue), 0)


def probe_broker(app: Celery) -> None:
    """Raises kombu.exceptions.OperationalError, redis.exceptions.RedisError where the broker takes no message.

    A Redis that is full, a replica or unable to save answers every question, and refuses to write.
    """
    with _one_kind_of_trouble(), app.producer_or_acquire() as producer:
        channel = producer.channel
        if isinstance(channel, RedisChannel):
            with channel.conn_or_acquire() as client:
                client.set(PROBE_KEY, "1", ex=60)
        else:
            channel.queue_declare(queue=MAINTENANCE, durable=True, auto_delete=False)


def count_waiting(app: Celery, queue: str) -> int:
    """Returns how many messages of a queue nobody has taken yet.

    Raises kombu.exceptions.OperationalError, redis.exceptions.RedisError.
    """
    with _one_kind_of_trouble(), app.producer_or_acquire() as producer:
        channel = producer.channel
        if isinstance(channel, RedisChannel):
            with channel.conn_or_acquire() as client:
                return int(client.llen(queue))
        return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)


def publish_task(app: Celery, name: str, args: list[int]) -> None:
    """Publishes one message for a task. Raises kombu.exceptions.OperationalError when the broker is away."""
    with _one_kind_of_trouble():
        app.send_task(name, args=args, retry=False)
