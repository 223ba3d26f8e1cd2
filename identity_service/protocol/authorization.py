"""The authorization endpoint: who is asking for what, does the person have to do something first, the code.

OAuth 2.1 section 4.1.1, OpenID Connect Core section 3.1.2, RFC 9207.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error

from identity_service.accounts.models import Account
from identity_service.factors import levels
from identity_service.factors import service as factors
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.limits import service as limits
from identity_service.protocol import answers, assurance, code, consent, pushed, queries, silent, tokens
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
from identity_service.protocol.request import Parameters
from identity_service.protocol.standing import SignedIn, goes_on
from identity_service.protocol.turn import Turn
from identity_service.protocol.validation import validated
from identity_service.sealing import hashed
from identity_service.sessions import service as sessions
from identity_service.visit import Caller, Visit
from shared.db.query import Row
from shared.oidc.errors import InvalidToken

REALMS = ("staff", "customer")
_NOT_GOOD_ANY_MORE = "This request is too old, or was answered already. Start again at the application."


async def authorize(caller: Caller, parameters: Parameters, cookies: Mapping[str, str]) -> Outcome:
    """Decide a request. When it stands for a pushed one (RFC 9126), that alone counts."""
    turn = Turn(caller)
    secrets = {realm: cookies.get(sessions.cookie(caller, realm), "") for realm in REALMS}
    hashes = {realm: hashed(secret) for realm, secret in secrets.items() if secret}
    if not pushed.is_reference(parameters):
        given = await silent.code_for(turn, parameters, hashes)
        return _with_code(*given) if given else await _at_browser(turn, parameters, hashes)
    found = await pushed.find(turn, parameters)
    if found is None:
        return Refused(_NOT_GOOD_ANY_MORE)
    outcome = await _at_browser(turn, found.parameters, hashes, pushed_hash=found.request_hash)
    return await _spent(turn, outcome, found.request_hash)


async def _at_browser(
    turn: Turn, parameters: Parameters, hashes: Mapping[str, str], *, pushed_hash: str | None = None
) -> Outcome:
    """`hashes` are those of the secrets of the sessions that the browser brings, by realm."""
    rows = await _about(turn, parameters, list(hashes.values()))
    try:
        asked = await _read(turn, rows, parameters, pushed_hash)
    except OAuth2Error as error:
        return _failed(turn, parameters, error)
    mine = next((row for row in rows if row["secret_hash"] == hashes.get(asked.realm, "")), None)
    if mine is None or mine["realm"] != asked.realm or not goes_on(mine, turn.settings, turn.now):
        return await _decided(asked, None)
    address = turn.caller.address
    await sessions.touch(turn.writer, mine["sid"], mine["seen_at"], turn.now, address=address)
    return await _decided(asked, SignedIn.of(mine))


async def _about(turn: Turn, parameters: Parameters, secrets: list[str]) -> Sequence[Row]:
    """The client that is named, with each session that these secrets open."""
    client_id = parameters.get("client_id", [""])[0]
    return await turn.writer.all(queries.BROWSER, client_id=client_id, secrets=secrets)


async def _read(turn: Turn, rows: Sequence[Row], parameters: Parameters, pushed_hash: str | None) -> Asked:
    """Raises OAuth2Error."""
    version = rows[0]["client_version"] if rows else None
    client = await turn.client_of(parameters.get("client_id", [""])[0], version)
    asked = validated(turn, client, parameters, is_pushed=pushed_hash is not None)
    asked.pushed_hash = pushed_hash
    return asked


async def _decided(asked: Asked, signed_in: SignedIn | None) -> Outcome:
    try:
        return await _decide(asked, signed_in)
    except OAuth2Error as error:
        error.redirect_uri = asked.redirect_uri
        return _failed(asked.turn, asked.parameters, error)


async def _spent(turn: Turn, outcome: Outcome, pushed_hash: str | None) -> Outcome:
    """A pushed request is answered once (RFC 9126 section 7.3). A code that was made for a second answer is
    told to nobody."""
    if pushed_hash is None or not isinstance(outcome, BackToClient):
        return outcome
    return outcome if await pushed.spend(turn, pushed_hash) else Refused(_NOT_GOOD_ANY_MORE)


async def resume(
    caller: Caller, pending: PendingRequest | None, session_id: UUID, realm: str
) -> Outcome | None:
    """Go on with a request that was put aside, for the person who signed in now, by their session. None when
    there is none or it belongs to the other realm."""
    if pending is None or pending.realm != realm:
        return None
    if pending.device_id is not None:
        return DeviceWaits(pending)
    turn = Turn(caller)
    try:
        asked = await _read(
            turn, await _about(turn, pending.parameters, []), pending.parameters, pending.pushed_hash
        )
    except OAuth2Error as error:
        return await _spent(turn, _failed(turn, pending.parameters, error), pending.pushed_hash)
    asked.pending = pending
    found = await turn.writer.first(queries.SESSION, session_id=session_id)
    outcome = await _decided(asked, SignedIn.of(found) if found else None)
    return await _spent(turn, outcome, pending.pushed_hash)


async def deny(visit: Visit, pending: PendingRequest) -> Outcome:
    """The person said no to a client."""
    turn, error = Turn(visit), AccessDenied("The person said no")
    error.redirect_uri = pending.parameters["redirect_uri"][0]
    return await _spent(turn, _failed(turn, pending.parameters, error), pending.pushed_hash)


async def _decide(asked: Asked, signed_in: SignedIn | None) -> Outcome:
    if (
        signed_in is None
        or not _is_recent_enough(asked, signed_in)
        or not _is_the_one_hinted(asked, signed_in)
    ):
        if "none" in asked.prompts:
            raise LoginRequired("Somebody has to sign in first")
        return SignInFirst(await _put_aside(asked), registers="create" in asked.prompts and signed_in is None)
    if not await _is_sure_enough(asked, signed_in):
        if "none" in asked.prompts:
            raise LoginRequired("A second factor is needed")
        return StepUpFirst(await _put_aside(asked))
    if await consent.is_missing(asked, signed_in):
        if "none" in asked.prompts:
            raise ConsentRequired("The person has to agree first")
        scopes = tuple(sorted(asked.scopes))
        return ConsentFirst(await _put_aside(asked), asked.client.row, signed_in.person, scopes)
    await consent.remember(asked, signed_in)
    return _with_code(asked, await code.make(asked, signed_in))


def _with_code(asked: Asked, code: str) -> BackToClient:
    return _answer(asked.turn, asked.form, asked.redirect_uri, {"code": code})


async def _is_sure_enough(asked: Asked, signed_in: SignedIn) -> bool:
    """Whether the session reaches the level asked for. With `prompt=none` a wish is not pressed."""
    wanted = assurance.demand(asked.form, asked.client.row)
    reached = levels.acr_of(signed_in.amr)
    if wanted.is_met(reached, can_more=True):
        return True
    can_more = "none" not in asked.prompts and await _has_factors(asked.turn, signed_in)
    return wanted.is_met(reached, can_more=can_more)


async def _has_factors(turn: Turn, signed_in: SignedIn) -> bool:
    async with turn.visiting() as visit:
        account = await visit.session.get_one(Account, signed_in.person.id)
        return (await factors.of(visit, account)).count > 0


def _is_recent_enough(asked: Asked, signed_in: SignedIn) -> bool:
    """`max_age`, or else the client's `default_max_age`, and `prompt=login` (OpenID Connect Core 3.1.2.1).

    Who signed in since the request came has done what `max_age` wants, however long consent took.
    """
    auth_time, now = int(signed_in.auth_time.timestamp()), int(asked.turn.now.timestamp())
    max_age = _max_age(asked)
    since = int(asked.pending.created_at.timestamp()) if asked.pending else None
    if max_age is not None and now - auth_time > max_age and (since is None or auth_time < since):
        return False
    if asked.prompts & {"login", "select_account"}:
        after = asked.pending.needs_auth_after if asked.pending else None
        return after is not None and signed_in.auth_time >= after
    return True


def _max_age(asked: Asked) -> int | None:
    text = asked.form.get("max_age")
    return asked.client.row.default_max_age if text is None else int(text[:10])


def _is_the_one_hinted(asked: Asked, signed_in: SignedIn) -> bool:
    """`id_token_hint`, or a `sub` asked for by value (section 5.5.1), names who should be signed in. Raises
    OAuth2Error for a hint that is not ours."""
    subject, mine = asked.wanted_claims.subject, str(signed_in.person.id)
    if subject is not None and subject != mine:
        return False
    hint = asked.form.get("id_token_hint")
    if hint is None:
        return True
    try:
        payload = tokens.read_own(asked.turn.keys, asked.turn.issuer, hint, kind=tokens.ID_TYPE)
    except InvalidToken:
        raise InvalidRequestError("id_token_hint is not a token of this issuer") from None
    return payload.get("sub") == mine


async def _put_aside(asked: Asked) -> PendingRequest:
    if asked.pending is not None:
        return asked.pending
    caller = asked.turn.caller
    await caller.services.limiter.take(limits.AUTHORIZE_ADDRESS.key(caller.address))
    wants_new = asked.prompts & {"login", "select_account"}
    after: datetime | None = asked.turn.now.replace(microsecond=0) if wants_new else None
    async with asked.turn.visiting() as visit:
        return await grants.put_aside(
            visit,
            realm=asked.realm,
            parameters=asked.parameters,
            needs_auth_after=after,
            pushed_hash=asked.pushed_hash,
        )


def _failed(turn: Turn, parameters: Parameters, error: OAuth2Error) -> Outcome:
    if not error.redirect_uri:
        return Refused(_REASONS.get(error.error, "The application sent a request that does not fit."))
    told = {"error": error.error}
    if error.description:
        told["error_description"] = error.description
    form = {name: values[0] for name, values in parameters.items()}
    return _answer(turn, form, error.redirect_uri, told)


def _answer(
    turn: Turn, form: Mapping[str, str], redirect_uri: str, parameters: dict[str, str]
) -> BackToClient:
    """Every answer, errors too, has the state and says who gave it (RFC 9207)."""
    if form.get("state"):
        parameters["state"] = form["state"]
    posted = form.get("response_mode") == answers.FORM_POST and redirect_uri.startswith(("https:", "http:"))
    return BackToClient(redirect_uri, parameters | {"iss": turn.issuer}, posted)


_REASONS = {
    "invalid_client": "The application that sent you here is not known.",
    "invalid_request": "The application that sent you here named an address that is not registered for it, "
    "or left it out.",
}
