"""`python -m dev.simulator.webkassa --port N`: the simulator as a process of its own."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from dev.simulator.webkassa.server import start
from dev.simulator.webkassa.settings import Settings


def build_parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m dev.simulator.webkassa", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--api-key", default=defaults.api_key)
    parser.add_argument("--login", default=defaults.login)
    parser.add_argument("--password", default=defaults.password)
    parser.add_argument("--cashbox", action="append", help="repeatable; SWK00000001 without it")
    parser.add_argument("--vat-rates", default="12,16", help="comma separated; empty for a non-payer of VAT")
    parser.add_argument("--protocol", type=int, choices=(203, 204), default=defaults.protocol)
    parser.add_argument("--scope", choices=("cashbox", "shift"), default=defaults.scope)
    parser.add_argument("--latency-ms", type=float, default=defaults.latency_ms)
    parser.add_argument("--state-file", type=Path, help="keeps the ledger across restarts")
    return parser


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        rates = frozenset(int(rate) for rate in options.vat_rates.split(",") if rate.strip())
    except ValueError:
        parser.error("--vat-rates takes whole percents, comma separated")
    return Settings(
        host=options.host,
        port=options.port,
        api_key=options.api_key,
        login=options.login,
        password=options.password,
        cashboxes=tuple(options.cashbox or Settings().cashboxes),
        vat_rates=rates,
        protocol=options.protocol,
        scope=options.scope,
        latency_ms=options.latency_ms,
        state_file=options.state_file,
    )


def main() -> int:
    settings = read_settings()
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    with start(settings) as running:
        sys.stdout.write(f"webkassa simulator on {running.url}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
