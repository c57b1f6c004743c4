"""Where alerts arrive: a real HTTP server that takes what Apprise posts to `json://`."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class PostBox:
    """`messages` are the bodies as they came. `refuses`: every post is answered with 503."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.refuses = False
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not box.refuses:
                    box.messages.append(json.loads(body))
                self.send_response(503 if box.refuses else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """For ALERT_URLS. With a password, which nobody may ever see in a log."""
        return f"json://bridge:topsecret@127.0.0.1:{self._server.server_port}/alerts"

    @property
    def texts(self) -> list[str]:
        return [f"{message['title']}\n{message['message']}" for message in self.messages]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
