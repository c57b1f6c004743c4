"""HTTP: the control API beside the vendor's, and the faults that need the socket itself."""

from urllib.parse import parse_qsl, urlsplit

from dev.simulator.altegio.rest import control
from dev.simulator.altegio.rest.exchange import Exchange, Request
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.simulator import Simulator
from dev.simulator.serving import PlainHandler, Serving, TrackingServer
from dev.simulator.wire import Wire


class Server(TrackingServer):
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__((simulator.settings.host, simulator.settings.port), Handler)


class Handler(PlainHandler):
    server: Server

    def serve(self, raw: bytes) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path.startswith(control.PREFIX):
            self.send(control.handle(self.server.simulator, self.command, parts.path, query, raw))
            return
        request = Request(self.command, parts.path, query, dict(self.headers.items()), raw, self.client_address[0])
        wire = Wire(self.connection)
        ending = Exchange(self.server.simulator, request, wire).run()
        self.finish_on(wire, ending.wire, ending.reply)


class RunningSimulator(Serving):
    """A simulator in a thread of this process."""

    def __init__(self, settings: Settings) -> None:
        self.simulator = Simulator(settings)
        super().__init__(Server(self.simulator), "altegio-simulator")

    def close(self) -> None:
        self.simulator.closing.set()
        super().close()


def start(settings: Settings | None = None) -> RunningSimulator:
    """Ready for requests when it returns."""
    return RunningSimulator(settings or Settings())
