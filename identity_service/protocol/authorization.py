"""The authorization endpoint: who is asking for what, does the person have to do something first, the code.

OAuth 2.1 section 4.1.1, OpenID Connect Core section 3.1.2, RFC 9207.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error

from identity_service.accounts.models import Account
from identity_service.clients.models import Client
from identity_service.factors import levels
from identity_service.factors import service as factors
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.limits import service as limits
from identity_service.protocol import answers, assurance, consent, pushed, tokens
from identity_service.protocol.answers import (
    BackToClient,
    ConsentFirst,
    DeviceWaits,
    Outcome,
    Refused,
    SignInFirst,
    StepUpFirst,
)
from identity_service.protocol.asked import Asked
from identity_service.protocol.errors import AccessDenied, ConsentRequired, LoginRequired
from identity_service.protocol.request import Parameters, ProtocolRequest
from identity_service.protocol.server import Server
from identity_service.protocol.turn import Person, Turn
from identity_service.protocol.validation import protocol_request, validated
from identity_service.sessions import service as sessions
from identity_service.sessions.models import SignInSession
from identity_service.visit import Visit
from shared.oidc.errors import InvalidToken

_NOT_GOOD_ANY_MORE = "This request is too old, or was answered already. Start again at the application."


async def authorize(visit: Visit, parameters: Parameters, cookies: Mapping[str, str]) -> Outcome:
    """Decide a request. When it stands for a pushed one (RFC 9126), that alone counts."""
    if not pushed.is_reference(parameters):
        return await _authorized(visit, parameters, cookies)
    found = await pushed.find(visit, parameters)
    if found is None:
        return Refused(_NOT_GOOD_ANY_MORE)
    outcome = await _authorized(visit, found.parameters, cookies, pushed_hash=found.request_hash)
    return await _spent(visit, outcome, found.request_hash)


async def _authorized(
    visit: Visit,
    parameters: Parameters,
    cookies: Mapping[str, str],
    *,
    pending: PendingRequest | None = None,
    session: SignInSession | None = None,
    pushed_hash: str | None = None,
) -> Outcome:
    """`pending` and `session` are given when a request goes on after the person signed in."""
    server = Server(Turn.of(visit))
    request = protocol_request(visit, parameters, pushed=pushed_hash is not None)
    try:
        asked = await visit.session.run_sync(lambda _: validated(visit, server, request, parameters, pending))
    except OAuth2Error as error:
        return _failed(visit, request, error)
    asked.pushed_hash = pushed_hash
    session = session or await sessions.find(
        visit, asked.realm, cookies.get(sessions.cookie(visit, asked.realm))
    )
    try:
        return await _decide(asked, session)
    except OAuth2Error as error:
        error.redirect_uri = asked.redirect_uri
        return _failed(visit, request, error)


async def _spent(visit: Visit, outcome: Outcome, pushed_hash: str | None) -> Outcome:
    """A pushed request is answered once (RFC 9126 section 7.3). A code that was made for a second answer is
    told to nobody."""
    if pushed_hash is None or not isinstance(outcome, BackToClient):
        return outcome
    return outcome if await pushed.spend(visit, pushed_hash) else Refused(_NOT_GOOD_ANY_MORE)


async def resume(visit: Visit, pending_id: UUID | None, session: SignInSession) -> Outcome | None:
    """Go on with a request that was put aside, for the person who signed in now. None when it is gone or
    belongs to the other realm."""
    pending = await grants.pending_request(visit, pending_id)
    if pending is None or pending.realm != session.realm:
        return None
    if pending.device_id is not None:
        return DeviceWaits(pending)
    outcome = await _authorized(
        visit, pending.parameters, {}, pending=pending, session=session, pushed_hash=pending.pushed_hash
    )
    return await _spent(visit, outcome, pending.pushed_hash)


async def deny(visit: Visit, pending: PendingRequest) -> Outcome:
    """The person said no to a client."""
    request = protocol_request(visit, pending.parameters)
    error = AccessDenied("The person said no")
    error.redirect_uri = request.payload.redirect_uri
    return await _spent(visit, _failed(visit, request, error), pending.pushed_hash)


async def _decide(asked: Asked, session: SignInSession | None) -> Outcome:
    if session is None or not _is_recent_enough(asked, session) or not _is_the_one_hinted(asked, session):
        if "none" in asked.prompts:
            raise LoginRequired("Somebody has to sign in first")
        return SignInFirst(await _put_aside(asked), registers="create" in asked.prompts and session is None)
    account = await sessions.account_of(asked.visit, session)
    client: Client = asked.request.client.row
    if not await _is_sure_enough(asked, session, account):
        if "none" in asked.prompts:
            raise LoginRequired("A second factor is needed")
        return StepUpFirst(await _put_aside(asked))
    if await consent.is_missing(asked, session):
        if "none" in asked.prompts:
            raise ConsentRequired("The person has to agree first")
        return ConsentFirst(await _put_aside(asked), client, account, tuple(sorted(asked.scopes)))
    await consent.remember(asked, session)
    return await _give_code(asked, Person(account, session))


async def _is_sure_enough(asked: Asked, session: SignInSession, account: Account) -> bool:
    """Whether the session reaches the level asked for. With `prompt=none` a wish is not pressed."""
    wanted = assurance.demand(asked.request.form, asked.request.client.row)
    reached = levels.acr_of(session.amr)
    if wanted.is_met(reached, can_more=True):
        return True
    can_more = "none" not in asked.prompts and (await factors.of(asked.visit, account)).count > 0
    return wanted.is_met(reached, can_more=can_more)


def _is_recent_enough(asked: Asked, session: SignInSession) -> bool:
    """`max_age`, or else the client's `default_max_age`, and `prompt=login` (OpenID Connect Core 3.1.2.1).

    Who signed in since the request came has done what `max_age` wants, however long consent took.
    """
    auth_time, now = int(session.auth_time.timestamp()), int(asked.visit.now.timestamp())
    max_age = _max_age(asked)
    since = int(asked.pending.created_at.timestamp()) if asked.pending else None
    if max_age is not None and now - auth_time > max_age and (since is None or auth_time < since):
        return False
    if asked.prompts & {"login", "select_account"}:
        after = asked.pending.needs_auth_after if asked.pending else None
        return after is not None and session.auth_time >= after
    return True


def _max_age(asked: Asked) -> int | None:
    text = asked.request.form.get("max_age")
    default: int | None = asked.request.client.row.default_max_age
    return default if text is None else int(text[:10])


def _is_the_one_hinted(asked: Asked, session: SignInSession) -> bool:
    """`id_token_hint`, or a `sub` asked for by value (section 5.5.1), names who should be signed in. Raises
    OAuth2Error for a hint that is not ours."""
    subject = asked.grant.wanted_claims.subject
    if subject is not None and subject != str(session.account_id):
        return False
    hint = asked.request.form.get("id_token_hint")
    if hint is None:
        return True
    services = asked.visit.services
    try:
        payload = tokens.read_own(services.keys, asked.visit.settings.issuer, hint, kind=tokens.ID_TYPE)
    except InvalidToken:
        raise InvalidRequestError("id_token_hint is not a token of this issuer") from None
    return payload.get("sub") == str(session.account_id)


async def _put_aside(asked: Asked) -> PendingRequest:
    if asked.pending is not None:
        return asked.pending
    await asked.visit.services.limiter.take(limits.AUTHORIZE_ADDRESS.key(asked.visit.address))
    wants_new = asked.prompts & {"login", "select_account"}
    after: datetime | None = asked.visit.now.replace(microsecond=0) if wants_new else None
    return await grants.put_aside(
        asked.visit,
        realm=asked.realm,
        parameters=asked.request.payload.datalist,
        needs_auth_after=after,
        pushed_hash=asked.pushed_hash,
    )


async def _give_code(asked: Asked, person: Person) -> Outcome:
    code = await asked.visit.session.run_sync(lambda _: asked.grant.give_code(person))
    return _answer(asked.visit, asked.request, asked.redirect_uri, {"code": code})


def _failed(visit: Visit, request: ProtocolRequest, error: OAuth2Error) -> Outcome:
    if not error.redirect_uri:
        return Refused(_REASONS.get(error.error, "The application sent a request that does not fit."))
    parameters = {"error": error.error}
    if error.description and error.error != "unsupported_response_type":
        parameters["error_description"] = error.description
    return _answer(visit, request, error.redirect_uri, parameters)


def _answer(
    visit: Visit, request: ProtocolRequest, redirect_uri: str, parameters: dict[str, str]
) -> BackToClient:
    """Every answer, errors too, has the state and says who gave it (RFC 9207)."""
    if request.payload.state:
        parameters["state"] = request.payload.state
    posted = request.form.get("response_mode") == answers.FORM_POST and redirect_uri.startswith(
        ("https:", "http:")
    )
    return BackToClient(redirect_uri, parameters | {"iss": visit.settings.issuer}, posted)


_REASONS = {
    "invalid_client": "The application that sent you here is not known.",
    "invalid_request": "The application that sent you here named an address that is not registered for it, "
    "or left it out.",
}
