"""A certificate authority made for one run, and a relay in front of Webkassa that speaks TLS as long as it is told to."""

import http.client
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


class Authority:
    """Worth nothing outside this run; `certificate` is what its friends trust."""

    def __init__(self, folder: Path, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate, self.chain = folder / f"{name}.pem", folder / f"{name}-server.pem"
        of_itself = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate.write_bytes(self._sign(self._name, self._key, of_itself))
        key, names = ec.generate_private_key(ec.SECP256R1()), [x509.IPAddress(ip_address(HOST)), x509.DNSName("localhost")]
        server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.chain.write_bytes(private + self._sign(server, key, x509.SubjectAlternativeName(names)))

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        now, issuer = datetime.now(UTC), self._key.public_key()
        draft = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        draft = draft.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        draft = draft.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        draft = draft.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        draft = draft.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        return draft.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _send_plain(connection: ssl.SSLSocket, _answer: bytes) -> None:
    os.write(connection.fileno(), b"HTTP/1.1 502 Bad Gateway\r\n\r\n")


def _send_forged(connection: ssl.SSLSocket, _answer: bytes) -> None:
    """A record of application data whose seal is wrong."""
    os.write(connection.fileno(), b"\x17\x03\x03\x00\x40" + os.urandom(64))


def _send_alert(connection: ssl.SSLSocket, _answer: bytes) -> None:
    os.write(connection.fileno(), b"\x15\x03\x03\x00\x02\x02\x28")


def _send_half(connection: ssl.SSLSocket, answer: bytes) -> None:
    """And then an end without the goodbye of TLS."""
    connection.sendall(answer[: len(answer) // 2])


def _reset(connection: ssl.SSLSocket, _answer: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


SPOILT: Mapping[str, Callable[[ssl.SSLSocket, bytes], None]] = {
    "plain": _send_plain,
    "forged": _send_forged,
    "alert": _send_alert,
    "half": _send_half,
    "reset": _reset,
}


class TlsRelay(ThreadingHTTPServer):
    """Carries calls to `upstream`, and breaks the TLS of the answers that `spoil` names: the upstream has done its work."""

    daemon_threads = True

    def __init__(self, upstream: str, authority: Authority) -> None:
        self.upstream, self.spoilt = upstream, dict[str, str]()
        # Of the next connections: they are greeted with bytes that begin no TLS.
        self.bad_handshakes = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(authority.chain)
        super().__init__((HOST, 0), _Relaying)
        self.url = f"https://{HOST}:{self.server_address[1]}"

    def spoil(self, path: str, how: str) -> None:
        """The next answer to that path."""
        self.spoilt[path.lower()] = how

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the thread of the connection, so that a handshake holds up nobody else."""
        with suppress(OSError):
            if self.bad_handshakes > 0:
                self.bad_handshakes -= 1
                request.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
                return
            with self._context.wrap_socket(request, server_side=True, suppress_ragged_eofs=True) as secure:
                super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What the client says of broken TLS is its own affair."""


class _Relaying(BaseHTTPRequestHandler):
    server: TlsRelay
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self._ask(body)
        how = self.server.spoilt.pop(self.path.lower(), None)
        # Each call has its own handshake.
        self.close_connection = True
        if how is None:
            self.connection.sendall(answer)
        else:
            SPOILT[how](self.connection, answer)

    def _ask(self, body: bytes) -> bytes:
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            upstream.request("POST", self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        head = f"HTTP/1.1 {answer.status} {answer.reason}\r\nContent-Type: {answer.headers['Content-Type']}\r\n"
        return f"{head}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def run_relay(upstream: str, authority: Authority) -> Iterator[TlsRelay]:
    relay = TlsRelay(upstream, authority)
    thread = threading.Thread(target=relay.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()
