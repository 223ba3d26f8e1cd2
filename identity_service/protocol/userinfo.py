"""UserInfo (OpenID Connect Core section 5.3)."""

from typing import Any

from identity_service.protocol import binding, tokens
from identity_service.protocol import claims as claims_of
from identity_service.protocol.turn import Turn
from shared.oidc.dpop import Presented
from shared.oidc.errors import InvalidToken


async def claims_for(turn: Turn, token: str, presented: Presented | None = None) -> dict[str, Any]:
    """What the token's scopes allow to be told. Raises InvalidToken, also when the grant was revoked, or
    when a token bound to a key comes without a proof in `presented`.

    Any access token of ours with the scope `openid` is taken, whatever its audience: identity made it.
    """
    payload = tokens.read_own(turn.keys, turn.issuer, token, kind=tokens.ACCESS_TYPE)
    if int(payload["exp"]) <= turn.now.timestamp():
        raise InvalidToken("expired")
    await binding.check_use(turn, payload, token, presented)
    scopes = set(str(payload.get("scope", "")).split())
    granted = await tokens.granted_by(turn, payload)
    if granted is None or "openid" not in scopes or "act" in payload:
        raise InvalidToken("revoked" if "openid" in scopes else "scope")
    by_scope = claims_of.by_scope(granted.person, turn.issuer)
    claims: dict[str, Any] = {"sub": str(granted.person.id)}
    for scope in scopes & by_scope.keys():
        claims |= by_scope[scope]
    return claims | claims_of.told(granted.person, turn.issuer, granted.claims, claims_of.USERINFO)
