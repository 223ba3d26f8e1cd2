"""Whether a person has to agree before a client gets a code."""

from urllib.parse import urlsplit

from identity_service.clients.models import Client
from identity_service.consents import service as consents
from identity_service.protocol.asked import Asked
from identity_service.protocol.client import LOOPBACK
from identity_service.sessions.models import SignInSession


async def is_missing(asked: Asked, session: SignInSession) -> bool:
    """Third parties need consent, and so do public clients, for which another program may pass; everybody
    does with `prompt=consent`. Once given it is remembered where that is safe."""
    client: Client = asked.request.client.row
    if _was_given_now(asked, session):
        return False
    if "consent" in asked.prompts:
        return True
    if client.is_first_party and not client.is_public:
        return False
    if not _may_be_remembered(client, asked.redirect_uri):
        return True
    return not await consents.covers(
        asked.visit, session.account_id, client.id, audiences=asked.grant.audiences, scopes=asked.scopes
    )


async def remember(asked: Asked, session: SignInSession) -> None:
    """Keep what the person agreed to just now, if it may be kept."""
    client: Client = asked.request.client.row
    if _was_given_now(asked, session) and _may_be_remembered(client, asked.redirect_uri):
        await consents.give(
            asked.visit, session.account_id, client.id, audiences=asked.grant.audiences, scopes=asked.scopes
        )


def _was_given_now(asked: Asked, session: SignInSession) -> bool:
    return asked.pending is not None and asked.pending.consented_session_id == session.id


def _may_be_remembered(client: Client, redirect_uri: str) -> bool:
    """RFC 8252 section 8.6: an address on the loopback or with a private scheme may be answered by any
    program on the device, which would then get a code in silence. A claimed https address may not."""
    parts = urlsplit(redirect_uri)
    return not client.is_public or (parts.scheme == "https" and parts.hostname not in LOOPBACK)
