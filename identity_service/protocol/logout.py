"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from identity_service.clients.models import Client
from identity_service.grants import service as grants
from identity_service.protocol import tokens
from identity_service.protocol.client import is_registered
from identity_service.protocol.request import Parameters, repeated
from identity_service.sessions import service as sessions
from identity_service.sessions.models import SignInSession
from identity_service.visit import Visit
from shared.oidc.errors import InvalidToken


@dataclass(frozen=True, slots=True)
class Ended:
    """The session that the hint named is over. `back_to` is the client's registered address, if any."""

    realm: str | None
    back_to: str | None


@dataclass(frozen=True, slots=True)
class AskFirst:
    """Without a hint anybody could have sent the browser here, so the person is asked (section 6)."""

    sessions: tuple[SignInSession, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An error page, and no redirect (section 4)."""


async def end_session(
    visit: Visit, parameters: Parameters, cookies: Mapping[str, str]
) -> Ended | AskFirst | Refused:
    """Decide a logout request; parameters are the same by GET and POST."""
    if repeated(parameters, admitted=frozenset()):
        return Refused()
    data = {name: values[0] for name, values in parameters.items()}
    hint, named = data.get("id_token_hint"), data.get("client_id")
    if hint is None:
        if named is not None and await visit.session.get(Client, named) is None:
            return Refused()
        return AskFirst(await _present(visit, cookies))
    try:
        claims = tokens.read_own(visit.services.keys, visit.settings.issuer, hint, kind=tokens.ID_TYPE)
    except InvalidToken:
        return Refused()
    client = await visit.session.get(Client, str(claims.get("aud")))
    if client is None or data.get("client_id", client.id) != client.id:
        return Refused()
    wanted = data.get("post_logout_redirect_uri")
    if wanted is not None and not is_registered(wanted, client.post_logout_redirect_uris):
        return Refused()
    realm = await _end_hinted(visit, claims, client)
    return Ended(realm, _back_to(wanted, data.get("state")))


async def _end_hinted(visit: Visit, claims: dict[str, Any], client: Client) -> str | None:
    """End the session that the id_token came from; its end may have passed (section 2)."""
    session_id = sessions.session_id(claims.get("sid"))
    session = await visit.session.get(SignInSession, session_id) if session_id else None
    if session is None or str(session.account_id) != claims.get("sub"):
        return None
    if session.ended_at is None:
        await grants.end_session(visit, session, because=f"signed out at {client.id}")
    return session.realm


async def _present(visit: Visit, cookies: Mapping[str, str]) -> tuple[SignInSession, ...]:
    found = [
        await sessions.find(visit, realm, cookies.get(sessions.cookie(visit, realm)))
        for realm in ("staff", "customer")
    ]
    return tuple(session for session in found if session is not None)


def _back_to(address: str | None, state: str | None) -> str | None:
    if address is None or state is None:
        return address
    separator = "&" if urlsplit(address).query else "?"
    return f"{address}{separator}{urlencode({'state': state})}"
