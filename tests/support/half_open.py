"""`python half_open.py HTTP_PORT HTTPS_PORT`: one address that opens connections and asks nothing, until it is ended.

Three kinds in turn: half a header in the clear, not one byte after the handshake of TCP, half a header over TLS. Prints how
many are open and how many there have been, ten times a second.
"""

import asyncio
import contextlib
import resource
import ssl
import sys

PER_SECOND = 550
ROUNDS = 10  # in a second
HALF_A_HEADER = b"GET / HTTP/1.1\r\nHost: receipts.example.kz\r\nX-Slow: "


class HalfOpen:
    def __init__(self, http_port: int, https_port: int) -> None:
        self.open = self.opened = 0
        self._ports = http_port, https_port
        self._tls = ssl.create_default_context()
        self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE

    async def run(self) -> None:
        held: set[asyncio.Task[None]] = set()
        number = 0
        while True:
            for _ in range(PER_SECOND // ROUNDS):
                number += 1
                task = asyncio.create_task(self._hold(number))
                held.add(task)
                task.add_done_callback(held.discard)
            await asyncio.sleep(1 / ROUNDS)
            print(self.open, self.opened, flush=True)

    async def _hold(self, number: int) -> None:
        http_port, https_port = self._ports
        is_tls, sends = number % 3 == 0, number % 3 != 1
        port = http_port if number % 3 == 2 else https_port
        options = {"ssl": self._tls, "server_hostname": "receipts.example.kz"} if is_tls else {}
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.3", 0), **options)
            if sends:
                writer.write(HALF_A_HEADER)
            self.open += 1
            self.opened += 1
            try:
                await reader.read()
            finally:
                self.open -= 1
                writer.close()


if __name__ == "__main__":
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    asyncio.run(HalfOpen(*map(int, sys.argv[1:])).run())
