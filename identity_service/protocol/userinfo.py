"""UserInfo (OpenID Connect Core section 5.3)."""

from typing import Any

from identity_service.protocol import binding, tokens
from identity_service.protocol import claims as claims_of
from identity_service.protocol.turn import Turn, person_of
from shared.oidc.dpop import Presented
from shared.oidc.errors import InvalidToken


def claims_for(turn: Turn, token: str, presented: Presented | None = None) -> dict[str, Any]:
    """What the token's scopes allow to be told. Raises InvalidToken, also when the grant was revoked, or
    when a token bound to a key comes without a proof in `presented`.

    Any access token of ours with the scope `openid` is taken, whatever its audience: identity made it.
    """
    payload = tokens.read_own(turn.keys, turn.issuer, token, kind=tokens.ACCESS_TYPE)
    if int(payload["exp"]) <= turn.now.timestamp():
        raise InvalidToken("expired")
    binding.check_use(turn, payload, token, presented)
    scopes = set(str(payload.get("scope", "")).split())
    grant = tokens.grant_of(turn, payload)
    person = person_of(turn, grant) if grant else None
    if person is None or "openid" not in scopes or "act" in payload:
        raise InvalidToken("revoked" if "openid" in scopes else "scope")
    account = person.account
    by_scope = claims_of.by_scope(account, turn.issuer)
    claims: dict[str, Any] = {"sub": str(account.id)}
    for scope in scopes & by_scope.keys():
        claims |= by_scope[scope]
    return claims | claims_of.told(account, turn.issuer, grant.claims if grant else None, claims_of.USERINFO)
