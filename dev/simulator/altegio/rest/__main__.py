"""`python -m dev.simulator.altegio.rest --port N`: the server as a process of its own."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from dev.simulator.altegio.rest.server import start
from dev.simulator.altegio.rest.settings import Settings


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m dev.simulator.altegio.rest", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--partner-token", default=defaults.partner_token)
    parser.add_argument("--user-token", default=defaults.user_token)
    parser.add_argument("--latency-ms", type=float, default=defaults.latency_ms)
    parser.add_argument("--no-limits", action="store_true", help="as many calls a second and a minute as come")
    options = parser.parse_args(arguments)
    limits = {"limit_per_minute": None, "limit_per_second": None} if options.no_limits else {}
    return Settings(
        host=options.host,
        port=options.port,
        partner_token=options.partner_token,
        user_token=options.user_token,
        latency_ms=options.latency_ms,
        **limits,
    )


def main() -> int:
    settings = read_settings()
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    with start(settings) as running:
        sys.stdout.write(f"altegio simulator on {running.url}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
