"""Token exchange (RFC 8693): a service acts for a person at another service, visibly.

The subject is a live access token of the person, or, for a reply that waited in a queue, a fresh assertion
by which the service names its author. In both cases the person is looked up now: a person who left, or lost
the role, gets nothing.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from identity_service.protocol import binding, delegation, proving, queries, tokens
from identity_service.protocol.assertion import use_once
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.resources import BY_ASSERTION, EXCHANGE_RULES, joined
from identity_service.protocol.standing import Person
from identity_service.protocol.turn import Turn
from shared.oidc.errors import InvalidToken
from shared.oidc.keys import check_signature, read_header
from shared.oidc.names import AUTHOR_GONE, MAY_NOTHING, GrantType, TokenKind

ASSERTION_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Subject:
    """Who the token will be for. `scopes` is what the subject's proof allows at most; `act` is who acts for
    the person already."""

    person: Person
    scopes: frozenset[str]
    grant_id: UUID | None = None
    sid: str | None = None
    proved: tokens.Proved | None = None
    act: dict[str, Any] | None = None


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """An access token of five minutes at most, and never a refresh token."""
    client = await proving.authenticated(turn, request, proving.CONFIDENTIAL)
    if not client.may_use(GrantType.EXCHANGE):
        raise UnauthorizedClientError("This client may not exchange tokens")
    _refuse_what_is_not_supported(request.form)
    resource = tokens.chosen_resource(turn, request, client.row.exchange_audiences)
    subject = await _subject(turn, client, request.form)
    if resource.realms and subject.person.realm not in resource.realms:
        raise tokens.InvalidTarget
    access = tokens.Access(
        client=client,
        resource=resource,
        scope=joined(await _granted_scope(turn, client, subject, request.form.get("scope"), resource.scopes)),
        seconds=turn.settings.exchanged_token_seconds,
        person=subject.person,
        grant_id=subject.grant_id,
        sid=subject.sid,
        act=delegation.acting(client.client_id, subject.act),
        jkt=await binding.key_for_tokens(turn, request, client),
        proved=subject.proved,
    )
    await _record(turn, request, access, subject)
    return tokens.access_response(turn, access) | {"issued_token_type": TokenKind.ACCESS.value}


async def _record(turn: Turn, request: ProtocolRequest, access: tokens.Access, subject: Subject) -> None:
    await turn.record(
        "token.exchanged",
        account_id=subject.person.id,
        client_id=access.client.client_id,
        audience=access.resource.audience,
        scope=access.scope,
        subject=request.form["subject_token_type"].rpartition(":")[2],
        **({"through": delegation.chain(subject.act)} if subject.act else {}),
    )


async def _subject(turn: Turn, client: ProtocolClient, form: dict[str, str]) -> Subject:
    try:
        if form.get("subject_token_type") == TokenKind.ACCESS:
            return await _by_access_token(turn, client, form["subject_token"])
        return await _by_assertion(turn, client, form["subject_token"])
    except InvalidToken as refusal:
        await turn.record(
            "token.exchange_refused", account_id=None, client_id=client.client_id, because=refusal.reason
        )
        raise InvalidRequestError(f"The subject token is not acceptable: {refusal.reason}") from None


def _refuse_what_is_not_supported(form: dict[str, str]) -> None:
    """RFC 8693 section 2.1. The actor is the authenticated client itself, so no actor token is taken."""
    if "subject_token" not in form:
        raise InvalidRequestError("subject_token is missing")
    if form.get("subject_token_type") not in (TokenKind.ACCESS, TokenKind.JWT):
        raise InvalidRequestError("subject_token_type is missing or not supported")
    if form.get("requested_token_type", TokenKind.ACCESS) != TokenKind.ACCESS:
        raise InvalidRequestError("Only access tokens are given in exchange")
    if "actor_token" in form or "actor_token_type" in form:
        raise InvalidRequestError("actor_token is not supported: the client is the actor")


async def _by_access_token(turn: Turn, client: ProtocolClient, token: str) -> Subject:
    """A token of ours that was made for this very service, of a person and a session that are still here."""
    payload = tokens.read_own(turn.keys, turn.issuer, token, kind=tokens.ACCESS_TYPE)
    if int(payload["exp"]) <= turn.now.timestamp():
        raise InvalidToken("expired")
    if payload.get("aud") not in {*client.row.audiences, *client.row.serves}:
        raise InvalidToken("made for another service")
    delegation.require_that_it_may_act(client, payload)
    granted = await tokens.granted_by(turn, payload)
    if granted is None or str(granted.person.id) != payload.get("sub"):
        raise InvalidToken("revoked")
    return Subject(
        person=granted.person,
        scopes=frozenset(str(payload.get("scope", "")).split()),
        grant_id=granted.id,
        sid=str(granted.sid),
        act=payload.get("act"),
        proved=tokens.Proved.of(granted),
    )


async def _by_assertion(turn: Turn, client: ProtocolClient, assertion: str) -> Subject:
    """RFC 7523 section 3, with the issuer as the only audience: the service names the author of a reply."""
    payload = _signed_by(client, assertion)
    now = turn.now.timestamp()
    issued, ends, jti = payload.get("iat"), payload.get("exp"), payload.get("jti")
    if payload.get("iss") != client.client_id or payload.get("aud") != turn.issuer:
        raise InvalidToken("issuer or audience")
    if not isinstance(issued, int) or not isinstance(ends, int) or not isinstance(jti, str) or not jti:
        raise InvalidToken("iat, exp or jti")
    if not issued - 10 <= now < ends or ends - issued > ASSERTION_SECONDS or now - issued > ASSERTION_SECONDS:
        raise InvalidToken("not fresh")
    await use_once(turn, client.client_id, jti, ends)
    return Subject(await _author(turn, payload.get("sub")), BY_ASSERTION)


def _signed_by(client: ProtocolClient, assertion: str) -> dict[str, Any]:
    """ES256 alone, with a key that the client registered."""
    header = read_header(assertion)
    if header["alg"] != "ES256" or not client.row.jwks:
        raise InvalidToken("algorithm")
    try:
        keys = KeySet.import_key_set(client.row.jwks)  # type: ignore[arg-type] # checked here
    except (JoseError, KeyError, ValueError):
        raise InvalidToken("the client's keys cannot be read") from None
    key = next((key for key in keys.keys if key.kid == header.get("kid")), None)
    if not isinstance(key, ECKey):
        raise InvalidToken("unknown key")
    return check_signature(assertion, key, algorithm="ES256")


async def _author(turn: Turn, sub: object) -> Person:
    """Raises InvalidToken for somebody who is not here (any more)."""
    try:
        account_id = UUID(sub) if isinstance(sub, str) else None
    except ValueError:
        account_id = None
    row = await turn.writer.first(queries.PERSON, account_id=account_id) if account_id else None
    if row is None or row["deactivated_at"] is not None:
        raise InvalidToken(AUTHOR_GONE)
    return Person.of(row)


async def _granted_scope(
    turn: Turn, client: ProtocolClient, subject: Subject, asked: str | None, known: frozenset[str]
) -> frozenset[str]:
    """What is asked for, as far as the client, the person's role and the subject's proof all allow it."""
    allowed = frozenset(scope for scope in client.row.exchange_scopes if _may_have(subject, scope))
    granted = allowed & known & frozenset(asked.split() if asked else allowed)
    possible = frozenset(client.row.exchange_scopes) & known & frozenset(asked.split() if asked else known)
    if not granted:
        await turn.record(
            "token.exchange_refused",
            account_id=subject.person.id,
            client_id=client.client_id,
            because="no scope",
        )
        raise InvalidScopeError(MAY_NOTHING if possible else "The client may have none of these scopes there")
    return granted


def _may_have(subject: Subject, scope: str) -> bool:
    """A scope that the subject's proof has; or one of another service that its scopes stand for, unless
    somebody acts for the person already, who may pass on what they hold and nothing else."""
    rule = EXCHANGE_RULES.get(scope)
    if rule is None:
        return scope in subject.scopes
    if subject.person.realm != "staff" or rule.role not in subject.person.roles:
        return False
    stands_for_it = subject.act is None and rule.subject_scope in subject.scopes
    return scope in subject.scopes or (stands_for_it and subject.scopes is not BY_ASSERTION)
