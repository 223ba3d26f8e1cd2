"""A stand-in for every service: it has their commands and writes down which variables it was given.

Copied into a folder as ``<module>/__main__.py``: the launcher is tried without the services themselves.
"""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        return


def main() -> None:
    command, *rest = sys.argv[1:]
    seen = Path("seen")
    seen.mkdir(exist_ok=True)
    name = Path(sys.argv[0]).parent.name
    (seen / f"{name}-{command}.json").write_text(
        json.dumps({"pid": os.getpid(), "environment": dict(os.environ)})
    )
    if command == "serve":
        signal.signal(signal.SIGTERM, signal.SIG_IGN if os.path.exists("stubborn") else signal.SIG_DFL)
        HTTPServer(("127.0.0.1", int(rest[rest.index("--port") + 1])), Health).serve_forever()
    if command == "worker":
        time.sleep(3600)
    if command == "demo":
        people = json.load(sys.stdin)
        for person in people:
            person["sub"] = person["email"]
        sys.stdout.write(json.dumps(people))
    if command == "fail":
        sys.exit(3)


if __name__ == "__main__":
    main()
