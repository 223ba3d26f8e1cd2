"""Authorization codes: given to a signed-in person's client, and exchanged for tokens (OAuth 2.1 section 4.1,
RFC 7636, RFC 9700)."""

import re
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import uuid4

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from identity_service.protocol import binding, claims, proving, queries, spending, statements, tokens
from identity_service.protocol.asked import Asked
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.standing import Granted, SignedIn, holds
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed, new_secret
from shared.db.query import Row
from shared.oidc.names import GrantType

CODE_LIFE: Final = timedelta(seconds=60)
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


async def make(asked: Asked, signed_in: SignedIn) -> str:
    """A code, and the grant that it will give. Kept hashed."""
    code = new_secret()
    await asked.turn.writer.run(
        statements.GIVE_CODE,
        **kept(asked, code),
        sid=signed_in.sid,
    )
    return code


def kept(asked: Asked, code: str) -> dict[str, Any]:
    """What is kept of a request with its code."""
    form, now = asked.form, asked.turn.now
    return {
        "hash": hashed(code),
        "grant_id": uuid4(),
        "client_id": asked.client.client_id,
        "scope": asked.scope,
        "audiences": asked.audiences,
        "claims": claims.kept(asked.wanted_claims),
        "now": now,
        "redirect_uri": asked.redirect_uri,
        "nonce": form.get("nonce"),
        "code_challenge": form.get("code_challenge"),
        "code_challenge_method": form.get("code_challenge_method"),
        "code_jkt": form.get("dpop_jkt"),
        "code_ends_at": now + CODE_LIFE,
    }


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """The tokens for a code, which is good once; a second use ends what the first gave."""
    return await proving.with_client(turn, request, partial(_given, turn, request))


async def _given(
    turn: Turn, request: ProtocolRequest, client: ProtocolClient, version: str
) -> dict[str, Any]:
    if not client.may_use(GrantType.CODE):
        raise UnauthorizedClientError("This client may not exchange codes")
    if "code" not in request.form:
        raise InvalidRequestError("code is missing")
    jkt = await binding.key_for_tokens(turn, request, client)
    refresh_token = new_secret() if client.may_use(GrantType.REFRESH) else None
    row = await _spent(turn, request, client, version, jkt, refresh_token)
    granted = Granted.of(row)
    access = tokens.access_to(turn, request, client, granted, granted.scope, jkt)
    await binding.bind_refreshing(turn, client, granted, jkt)
    body = tokens.token_response(turn, access, granted, nonce=row["nonce"])
    return body if refresh_token is None else body | {"refresh_token": refresh_token}


async def _spent(
    turn: Turn,
    request: ProtocolRequest,
    client: ProtocolClient,
    version: str,
    jkt: str | None,
    refresh_token: str | None,
) -> Row:
    """The code, which was used up by this, and what it gives. Raises OAuth2Error, and Changed."""
    form = request.form
    code, verifier = hashed(form["code"]), form.get("code_verifier")
    rows = await turn.writer.run(
        spending.CODE,
        hash=code,
        client_id=client.client_id,
        version=version,
        redirect_uri=form.get("redirect_uri"),
        code_challenge=create_s256_code_challenge(verifier) if verifier else None,
        jkt=jkt,
        audience=tokens.wanted_audience(request),
        following=hashed(refresh_token) if refresh_token else None,
        now=turn.now,
    )
    row = rows[0] if rows else await _left(turn, client, version, code)
    _check(turn, client, request, row)
    binding.require_key(jkt, row["code_jkt"])
    if not rows:
        tokens.chosen_resource(turn, request, row["audiences"])
        raise InvalidGrantError("The code is not good any more")
    return row


async def _left(turn: Turn, client: ProtocolClient, version: str, code: str) -> Row:
    """The code that was not used up. Raises InvalidGrantError, and Changed: a code that was used before takes
    back what it gave."""
    row = await turn.writer.first(queries.CODE, client_id=client.client_id, hash=code)
    if row is None or row["client_version"] != version:
        raise proving.Changed
    if row["granted_to"] != client.client_id:
        raise InvalidGrantError("The code is not known")
    if row["used_at"] is not None:
        await turn.revoke(
            row["grant_id"],
            account_id=row["account_id"],
            client_id=client.client_id,
            because="its code was used twice",
        )
        raise InvalidGrantError("The code was used before")
    return row


def _check(turn: Turn, client: ProtocolClient, request: ProtocolRequest, row: Row) -> None:
    """Raises InvalidGrantError, InvalidRequestError."""
    if row["code_ends_at"] <= turn.now or row["revoked_at"] is not None:
        raise InvalidGrantError("The code is not good any more")
    if request.form.get("redirect_uri") != row["redirect_uri"]:
        raise InvalidGrantError("redirect_uri is not that of the authorization request")
    _check_verifier(client, request.form.get("code_verifier"), row["code_challenge"])
    if not holds(row, turn.settings, turn.now):
        raise InvalidGrantError("The person is not signed in any more")


def _check_verifier(client: ProtocolClient, verifier: str | None, challenge: str | None) -> None:
    """RFC 7636 section 4.6; RFC 9700 section 4.8 for one without a challenge. FAPI 2.0 wants `invalid_grant`
    where it is left out."""
    if verifier is None:
        if client.is_fapi:
            raise InvalidGrantError("code_verifier is missing")
        if challenge is not None or client.row.is_public:
            raise InvalidRequestError("code_verifier is missing")
        return
    if challenge is None:
        raise InvalidRequestError("The authorization request had no code_challenge")
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidRequestError("code_verifier is not one")
    if create_s256_code_challenge(verifier) != challenge:
        raise InvalidGrantError("code_verifier does not fit")
