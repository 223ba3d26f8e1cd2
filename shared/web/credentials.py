"""What a request shows of who is asking: a bearer token (RFC 6750), or one with a proof (DPoP, RFC 9449)."""

from starlette.requests import Request

from shared.kernel.errors import Unauthenticated
from shared.oidc.claims import Claims
from shared.oidc.dpop import Presented
from shared.oidc.tokens import TokenVerifier

BEARER, DPOP = "bearer", "dpop"


def credentials(header: str) -> tuple[str, str]:
    """Scheme in lower case and token. Raises `Unauthenticated` for anything else."""
    scheme, _, token = header.partition(" ")
    scheme, token = scheme.lower(), token.strip()
    if scheme not in (BEARER, DPOP) or not token:
        raise Unauthenticated("Authorization must be: Bearer <access token>, or DPoP <access token>")
    return scheme, token


def presented(request: Request) -> Presented:
    """How this request came, for the proof beside its token."""
    return Presented(request.method, request.scope["path"], tuple(request.headers.getlist("dpop")))


async def claims_of(request: Request, verifier: TokenVerifier) -> Claims:
    """The claims of the request's token. Raises `Unauthenticated` when there is none that is good here."""
    scheme, token = credentials(request.headers.get("authorization", ""))
    if scheme == BEARER:
        return await verifier.verify(token)
    return await verifier.verify_bound(token, presented(request))
