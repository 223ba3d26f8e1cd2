"""Tokens bound to a key of the client (DPoP, RFC 9449), as identity gives and takes them."""

from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, OAuth2Error

from identity_service.protocol import statements
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.standing import Granted
from identity_service.protocol.turn import Turn
from shared.oidc.dpop import Presented, Proof, read_proof
from shared.oidc.errors import InvalidProof, InvalidToken
from shared.oidc.tokens import BOUND


class InvalidDpopProof(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """The proof is bad, or the client has to show one (section 5)."""

    error = "invalid_dpop_proof"


async def proved_key(turn: Turn, request: ProtocolRequest) -> str | None:
    """The thumbprint of the key that a client's request proves, if it shows a proof; each is taken once.
    Raises InvalidDpopProof."""
    if not request.proofs:
        return None
    presented = Presented("POST", request.path, request.proofs)
    try:
        proof = read_proof(presented, base=turn.issuer, now=turn.now.timestamp())
        await _use_once(turn, proof)
    except InvalidProof as refusal:
        raise InvalidDpopProof(f"The DPoP proof is not acceptable: {refusal.reason}") from None
    return proof.jkt


async def key_for_tokens(turn: Turn, request: ProtocolRequest, client: ProtocolClient) -> str | None:
    """The key to which new tokens are bound: the one proved, None for bearer tokens. Raises InvalidDpopProof,
    also when the client has to prove a key and does not."""
    jkt = await proved_key(turn, request)
    if jkt is None and client.requires_proof:
        raise _missing()
    return jkt


def require_key(jkt: str | None, bound: str | None) -> None:
    """`bound` is the key to which a code or refresh token is bound, if it is (sections 5 and 10); `jkt` the
    one proved. Raises InvalidDpopProof when none was, InvalidGrantError for another one."""
    if bound is not None and jkt is None:
        raise _missing()
    if bound is not None and jkt != bound:
        raise InvalidGrantError("It is bound to another key")


def _missing() -> InvalidDpopProof:
    return InvalidDpopProof("A DPoP proof is needed here")


async def bind_refreshing(turn: Turn, client: ProtocolClient, granted: Granted, jkt: str | None) -> None:
    """A public client's refresh token is only good with the key (section 5); a confidential client proves
    itself anyway, and may change its key."""
    if client.row.is_public and granted.dpop_jkt is None and jkt is not None:
        await turn.writer.run(statements.BIND, grant_id=granted.id, jkt=jkt)


async def check_use(turn: Turn, payload: dict[str, Any], token: str, presented: Presented | None) -> None:
    """Whether an access token of ours came here as it has to (sections 7.1 and 7.2). `presented` is given
    when it came as `Authorization: DPoP`. Raises InvalidToken, or InvalidProof for the proof."""
    confirmation = payload.get("cnf")
    if presented is None:
        if confirmation is not None:
            raise InvalidToken(BOUND)
        return
    if not isinstance(confirmation, dict):
        raise InvalidToken("not bound to a key")
    proof = read_proof(presented, base=turn.issuer, now=turn.now.timestamp(), access_token=token)
    if confirmation.get("jkt") != proof.jkt:
        raise InvalidProof("another key")
    await _use_once(turn, proof)


async def _use_once(turn: Turn, proof: Proof) -> None:
    """Raises InvalidProof when it was taken before, also at this very moment by another process."""
    ends_at = datetime.fromtimestamp(proof.until, UTC)
    if not await turn.writer.run(statements.USE_PROOF, hash=proof.id, ends_at=ends_at):
        raise InvalidProof("used before")
