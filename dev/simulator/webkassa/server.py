"""HTTP: routing, and the faults that need the socket itself."""

from urllib.parse import parse_qsl, urlsplit

from dev.simulator.serving import PlainHandler, Serving, TrackingServer
from dev.simulator.webkassa import control
from dev.simulator.webkassa.exchange import Exchange
from dev.simulator.webkassa.journal import Entry
from dev.simulator.webkassa.routes import Route, find_route
from dev.simulator.webkassa.settings import Settings
from dev.simulator.webkassa.simulator import Simulator
from dev.simulator.wire import Wire, html_reply


class Server(TrackingServer):
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__((simulator.settings.host, simulator.settings.port), Handler)


class Handler(PlainHandler):
    server: Server

    def serve(self, raw: bytes) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith(control.PREFIX):
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self.send(control.handle(self.server.simulator, self.command, parts.path, query, raw))
        else:
            self._serve_vendor(parts.path, raw)

    def _serve_vendor(self, path: str, raw: bytes) -> None:
        simulator = self.server.simulator
        route = find_route(path)
        is_missing = route is None or (route.operation == "ticket" and simulator.settings.ticket_lookup_missing)
        if route is None or is_missing or self.command != "POST":
            self._refuse_path(path, route, 404 if is_missing else 405)
            return
        wire = Wire(self.connection)
        ending = Exchange(simulator, route, path, wire).run(raw, self.headers.get("x-api-key"))
        self.finish_on(wire, ending.wire, ending.reply)

    def _refuse_path(self, path: str, route: Route | None, status: int) -> None:
        """A gateway's answer, not the register's."""
        simulator = self.server.simulator
        operation = route.operation if route else "unknown"
        entry = Entry(at=simulator.clock.now(), path=path, operation=operation, cashbox=None, body=None)
        entry.finish(f"error:{status}")
        simulator.journal.add(entry)
        self.send(html_reply(f"{status}: no such method", status))


class RunningSimulator(Serving):
    """A simulator in a thread of this process."""

    def __init__(self, settings: Settings) -> None:
        self.simulator = Simulator(settings)
        super().__init__(Server(self.simulator), "webkassa-simulator")

    def close(self) -> None:
        self.simulator.close()
        super().close()


def start(settings: Settings | None = None) -> RunningSimulator:
    """Ready for requests when it returns."""
    return RunningSimulator(settings or Settings())
