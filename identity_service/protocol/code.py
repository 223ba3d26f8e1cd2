"""Authorization codes: given to a signed-in person's client, and exchanged for tokens (OAuth 2.1 section 4.1,
RFC 7636, RFC 9700)."""

import re
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from identity_service.protocol import claims, proving, queries, statements, tokens
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
    turn, form, code = asked.turn, asked.form, new_secret()
    await turn.writer.run(
        statements.GIVE_CODE,
        hash=hashed(code),
        grant_id=uuid4(),
        account_id=signed_in.person.id,
        client_id=asked.client.client_id,
        session_id=signed_in.sid,
        scope=asked.scope,
        audiences=asked.audiences,
        claims=claims.kept(asked.wanted_claims),
        auth_time=signed_in.auth_time,
        amr=signed_in.amr,
        now=turn.now,
        grant_ends_at=signed_in.ends_at,
        redirect_uri=asked.redirect_uri,
        nonce=form.get("nonce"),
        code_challenge=form.get("code_challenge"),
        code_challenge_method=form.get("code_challenge_method"),
        code_jkt=form.get("dpop_jkt"),
        code_ends_at=turn.now + CODE_LIFE,
    )
    return code


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """The tokens for a code, which is good once; a second use ends what the first gave."""
    client_id, code = proving.named(request), request.form.get("code")
    row = await turn.writer.first(queries.CODE, client_id=client_id, hash=hashed(code or ""))
    known = await turn.client_of(client_id, row["client_version"] if row else None)
    client = await proving.proved(turn, request, known)
    if not client.may_use(GrantType.CODE):
        raise UnauthorizedClientError("This client may not exchange codes")
    if code is None or row is None:
        raise InvalidRequestError("code is missing")
    await _require_unused(turn, client, row)
    _check(turn, client, request, row)
    granted = Granted.of(row)
    access = await tokens.access_to(turn, request, client, granted, granted.scope, bound=row["code_jkt"])
    refresh_token = await _use(turn, client, granted, code)
    body = tokens.token_response(turn, access, granted, nonce=row["nonce"])
    return body if refresh_token is None else body | {"refresh_token": refresh_token}


async def _require_unused(turn: Turn, client: ProtocolClient, row: Row) -> None:
    """Raises InvalidGrantError. A code used before takes back what it gave."""
    if row["granted_to"] != client.client_id:
        raise InvalidGrantError("The code is not known")
    if row["used_at"] is not None:
        await _take_back(turn, Granted.of(row))
        raise InvalidGrantError("The code was used before")


async def _take_back(turn: Turn, granted: Granted) -> None:
    await turn.revoke(
        granted.id,
        account_id=granted.person.id,
        client_id=granted.client_id,
        because="its code was used twice",
    )


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


async def _use(turn: Turn, client: ProtocolClient, granted: Granted, code: str) -> str | None:
    """The first refresh token, for a client that may refresh. Raises InvalidGrantError when somebody else
    used the code at this moment, and ends the grant then."""
    following = new_secret() if client.may_use(GrantType.REFRESH) else None
    if not await turn.writer.run(
        statements.USE_CODE,
        grant_id=granted.id,
        hash=hashed(code),
        following=hashed(following) if following else None,
        now=turn.now,
    ):
        await _take_back(turn, granted)
        raise InvalidGrantError("The code was used before")
    return following
