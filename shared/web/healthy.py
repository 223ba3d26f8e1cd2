"""`python -m shared.web.healthy`: whether the service in this container answers, as an exit status."""

import os
import sys
from http.client import HTTPConnection, HTTPException


def main() -> None:
    """Asks `/healthz` at the port named by PORT."""
    connection = HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=2)
    try:
        connection.request("GET", "/healthz")
        sys.exit(0 if connection.getresponse().status == 200 else 1)
    except (OSError, HTTPException):
        sys.exit(1)


if __name__ == "__main__":
    main()
