"""Forms are accepted from our own pages only.

Browsers say where a request comes from: `Sec-Fetch-Site`, and `Origin` in those that lack it. A write
that carries neither cannot be told from a forged one and is refused. The API is exempt: it takes no
cookie. Another port of the same host is the same *site* but not the same *origin*, and is refused.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from shared.kernel.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class CrossSiteForm(Forbidden):
    code = "request.cross_site_form"
    title = "This form was not sent from our own page"


def comes_from_own_page(headers: Headers, public_url: str) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    parts = urlsplit(public_url)
    return headers.get("origin") == f"{parts.scheme}://{parts.netloc}"


async def own_form_only(request: Request) -> None:
    """A dependency of every page that writes. Raises `CrossSiteForm`."""
    if request.method not in SAFE and not comes_from_own_page(request.headers, request.app.state.public_url):
        raise CrossSiteForm
