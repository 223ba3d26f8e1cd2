"""Asking a provider of OpenID Connect: the code flow with PKCE (Core section 3.1, RFC 7636)."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from identity_service.sealing import hashed, new_secret
from identity_service.upstreams import id_token, provider
from identity_service.upstreams.errors import UpstreamRefused
from identity_service.upstreams.models import UpstreamAttempt
from identity_service.upstreams.provider import Provider
from identity_service.upstreams.questions import Asking, Demand
from identity_service.visit import Caller

_VERIFIER: Final = "upstream verifier"


async def prepare(caller: Caller, asked: Provider) -> Asking:
    """A new question. Raises UpstreamSilent."""
    metadata = await caller.services.upstream_documents.of(asked.issuer)
    state, nonce, verifier = new_secret(), new_secret(), new_secret()

    async def address(demand: Demand) -> str:
        query = {
            "response_type": "code",
            "client_id": asked.client_id,
            "redirect_uri": asked.redirect_uri(caller.settings.identity_public_url),
            "scope": " ".join(asked.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": _s256(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return metadata.authorization_endpoint + joint + urlencode(query | _parameters(demand))

    return Asking(
        state=state,
        nonce_hash=hashed(nonce),
        sealed_verifier=caller.services.sealer.seal(verifier.encode(), purpose=_VERIFIER),
        address=address,
    )


def _parameters(demand: Demand) -> dict[str, str]:
    said = {} if demand.max_age is None else {"max_age": str(demand.max_age)}
    return {"prompt": "login"} | said if demand.is_anew else said


async def claims(
    caller: Caller, asked: Provider, attempt: UpstreamAttempt, answer: Mapping[str, str]
) -> dict[str, Any]:
    """What the provider says of the person. Raises UpstreamRefused, UpstreamSilent."""
    metadata = await caller.services.upstream_documents.of(asked.issuer)
    if ("iss" in answer or metadata.names_itself) and answer.get("iss") != asked.issuer:
        raise UpstreamRefused("issuer")  # RFC 9207 section 2.4
    if "error" in answer:
        raise UpstreamRefused("denied" if answer["error"] == "access_denied" else "error")
    if not answer.get("code"):
        raise UpstreamRefused("no code")
    if attempt.sealed_verifier is None or attempt.nonce_hash is None:
        raise UpstreamRefused("no question")  # it was asked when the provider was of another kind
    verifier = caller.services.sealer.unseal(attempt.sealed_verifier, purpose=_VERIFIER).decode()
    wanted = id_token.Wanted(attempt.nonce_hash, attempt.needs_auth_after, caller.now)
    return await provider.claims_for_code(
        caller, asked, code=answer["code"], verifier=verifier, wanted=wanted
    )


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
