"""Where a client hears of logouts (OpenID Connect Back-Channel Logout 1.0), over HTTP or HTTPS."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from shared.launch import certificates


class Application(ThreadingHTTPServer):
    """`told` holds the logout tokens in the order in which they came."""

    def __init__(self, scheme: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Told)
        self.told: list[str] = []
        self.url = f"{scheme}://localhost:{self.server_port}/logged-out"
        if scheme == "https":
            made = certificates.ensure(folder)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(made.certificate, made.key)
            self.socket = context.wrap_socket(self.socket, server_side=True)


class _Told(BaseHTTPRequestHandler):
    server: Application

    def do_POST(self) -> None:
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told += parse_qs(body)["logout_token"]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(scheme: str, folder: Path) -> Iterator[Application]:
    with Application(scheme, folder) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
