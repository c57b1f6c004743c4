"""A name server that knows one address for every name, and can be told another."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator


class NameServer:
    def __init__(self, address: str) -> None:
        self.answer = address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                query, client = self.socket.recvfrom(512)
                self.socket.sendto(self._reply(query), client)

    def _reply(self, query: bytes) -> bytes:
        end_of_question = query.index(b"\0", 12) + 5
        header = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
        record = struct.pack(">HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(self.answer)
        return header + query[12:end_of_question] + record


@contextlib.contextmanager
def run_name_server(address: str) -> Iterator[NameServer]:
    server = NameServer(address)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.socket.close()
