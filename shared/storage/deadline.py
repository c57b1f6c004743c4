"""Ends waits for a database that does not answer: a host that hung, a failover that left old connections behind.

The server's own `statement_timeout` is an answer, and needs a server that gives one. So a thread of each process looks at
the connections in use, and shuts the socket of one that has waited for too long: libpq then says that it is lost.
"""

import contextlib
import os
import socket
import threading
import time
import weakref
from typing import Any

from psycopg2 import InterfaceError, extensions

from shared.logging import get_logger

log = get_logger(__name__)

# What the server may take for a statement, unless somebody said that it takes long; the network may need a moment more.
ORDINARY_SECONDS = 10.0
LONG_SECONDS = 300.0
MARGIN_SECONDS = 2.0
_LOOK_SECONDS = 0.5


class Connection(extensions.connection):
    """Notes since when it waits for the server. `patience`: how long it may."""

    waits_since: float | None = None
    patience = ORDINARY_SECONDS + MARGIN_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _watch.add(self)

    def commit(self) -> None:
        """Raises psycopg2.OperationalError, as everything does that waits too long."""
        self.waits_since = time.monotonic()
        try:
            super().commit()
        finally:
            self.waits_since = None

    def rollback(self) -> None:
        """Gives the transaction up. Raises like `commit`."""
        self.waits_since = time.monotonic()
        try:
            super().rollback()
        finally:
            self.waits_since = None


class Cursor(extensions.cursor):
    """Has its connection note that it waits."""

    def execute(self, query: Any, vars: Any = None) -> None:
        """Runs a statement, or raises like `Connection.commit`."""
        connection: Any = self.connection
        connection.waits_since = time.monotonic()
        try:
            super().execute(query, vars)
        finally:
            connection.waits_since = None

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Runs a statement several times, all of them in the time of one."""
        connection: Any = self.connection
        connection.waits_since = time.monotonic()
        try:
            super().executemany(query, vars_list)
        finally:
            connection.waits_since = None


class _Watch:
    """Holds the connections of this process, and looks at them while there are any."""

    def __init__(self) -> None:
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._pid = 0

    def add(self, connection: Connection) -> None:
        with self._lock:
            if self._pid != os.getpid():  # threads do not survive a fork, nor are its connections ours
                self._pid = os.getpid()
                self._connections = weakref.WeakSet()
                threading.Thread(target=self._run, name="database-deadlines", daemon=True).start()
            self._connections.add(connection)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                connections = list(self._connections)
            for connection in connections:
                since = connection.waits_since
                if since is not None and time.monotonic() - since > connection.patience:
                    log.error("the database does not answer, connection given up", seconds=connection.patience)
                    connection.waits_since = None
                    _shut(connection)


def _shut(connection: Connection) -> None:
    """Whoever waits on it is told that it is lost. The descriptor stays theirs to close."""
    with contextlib.suppress(OSError, InterfaceError):
        ours = socket.socket(fileno=os.dup(connection.fileno()))
        with contextlib.closing(ours):
            ours.shutdown(socket.SHUT_RDWR)


_watch = _Watch()
