"""Token exchange (RFC 8693): a service acts for a person at another service, visibly.

The subject is a live access token of the person, or, for a reply that waited in a queue, a fresh assertion
by which the service names its author. In both cases the person is looked up now: a person who left, or lost
the role, gets nothing.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import BaseGrant, InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import TokenEndpointMixin
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from identity_service.accounts.models import Account
from identity_service.accounts.roles import roles_in_tokens
from identity_service.protocol import binding, delegation, tokens
from identity_service.protocol.assertion import use_once
from identity_service.protocol.client import CONFIDENTIAL, ProtocolClient
from identity_service.protocol.resources import BY_ASSERTION, EXCHANGE_RULES, joined
from identity_service.protocol.turn import Turn, person_of
from shared.oidc.errors import InvalidToken
from shared.oidc.keys import check_signature, read_header
from shared.oidc.names import AUTHOR_GONE, MAY_NOTHING, GrantType, TokenKind

ASSERTION_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Subject:
    """Who the token will be for. `scopes` is what the subject's proof allows at most; `act` is who acts for
    the person already."""

    account: Account
    scopes: frozenset[str]
    grant_id: UUID | None = None
    sid: str | None = None
    proved: tokens.Proved | None = None
    act: dict[str, Any] | None = None


class ExchangeGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc] # Authlib carries no types
    """Gives access tokens of five minutes at most, and never a refresh token."""

    GRANT_TYPE = GrantType.EXCHANGE.value
    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL

    @property
    def turn(self) -> Turn:
        turn: Turn = self.server.turn
        return turn

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("This client may not exchange tokens")
        self.request.client = client
        _refuse_what_is_not_supported(self.request.form)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        turn, client = self.turn, self.request.client
        resource = tokens.chosen_resource(turn, self.request, client.row.exchange_audiences)
        subject = self._subject(client)
        if resource.realms and subject.account.realm not in resource.realms:
            raise tokens.InvalidTarget
        scope = _granted_scope(turn, client, subject, self.request.form.get("scope"), resource.scopes)
        access = tokens.Access(
            client=client,
            resource=resource,
            scope=scope,
            seconds=turn.settings.exchanged_token_seconds,
            account=subject.account,
            grant_id=subject.grant_id,
            sid=subject.sid,
            act=delegation.acting(client.client_id, subject.act),
            jkt=binding.key_for_tokens(turn, self.request, client),
            proved=subject.proved,
        )
        turn.record(
            "token.exchanged",
            account_id=subject.account.id,
            client_id=client.client_id,
            audience=resource.audience,
            scope=joined(scope),
            subject=self.request.form["subject_token_type"].rpartition(":")[2],
            **({"through": delegation.chain(subject.act)} if subject.act else {}),
        )
        body = tokens.access_response(turn, access) | {"issued_token_type": TokenKind.ACCESS.value}
        return 200, body, self.TOKEN_RESPONSE_HEADER

    def _subject(self, client: ProtocolClient) -> Subject:
        form = self.request.form
        try:
            if form.get("subject_token_type") == TokenKind.ACCESS:
                return _by_access_token(self.turn, client, form["subject_token"])
            return _by_assertion(self.turn, client, form["subject_token"])
        except InvalidToken as refusal:
            self.turn.record(
                "token.exchange_refused",
                account_id=None,
                client_id=client.client_id,
                because=refusal.reason,
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


def _by_access_token(turn: Turn, client: ProtocolClient, token: str) -> Subject:
    """A token of ours that was made for this very service, of a person and a session that are still here."""
    payload = tokens.read_own(turn.keys, turn.issuer, token, kind=tokens.ACCESS_TYPE)
    if int(payload["exp"]) <= turn.now.timestamp():
        raise InvalidToken("expired")
    if payload.get("aud") not in {*client.row.audiences, *client.row.serves}:
        raise InvalidToken("made for another service")
    delegation.require_that_it_may_act(client, payload)
    grant = tokens.grant_of(turn, payload)
    person = person_of(turn, grant) if grant else None
    if grant is None or person is None or str(person.account.id) != payload.get("sub"):
        raise InvalidToken("revoked")
    return Subject(
        account=person.account,
        scopes=frozenset(str(payload.get("scope", "")).split()),
        grant_id=grant.id,
        sid=str(person.session.id),
        act=payload.get("act"),
        proved=tokens.Proved.of(grant),
    )


def _by_assertion(turn: Turn, client: ProtocolClient, assertion: str) -> Subject:
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
    use_once(turn, client.client_id, jti, ends)
    account = _account(turn, payload.get("sub"))
    if account is None or account.deactivated_at is not None:
        raise InvalidToken(AUTHOR_GONE)
    return Subject(account, BY_ASSERTION)


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


def _account(turn: Turn, sub: object) -> Account | None:
    try:
        return turn.session.get(Account, UUID(sub)) if isinstance(sub, str) else None
    except ValueError:
        return None


def _granted_scope(
    turn: Turn, client: ProtocolClient, subject: Subject, asked: str | None, known: frozenset[str]
) -> frozenset[str]:
    """What is asked for, as far as the client, the person's role and the subject's proof all allow it."""
    roles = roles_in_tokens(turn.session, subject.account)
    allowed = frozenset(
        scope for scope in client.row.exchange_scopes if _may_have(subject, scope, frozenset(roles))
    )
    granted = allowed & known & frozenset(asked.split() if asked else allowed)
    possible = frozenset(client.row.exchange_scopes) & known & frozenset(asked.split() if asked else known)
    if not granted:
        turn.record(
            "token.exchange_refused",
            account_id=subject.account.id,
            client_id=client.client_id,
            because="no scope",
        )
        raise InvalidScopeError(MAY_NOTHING if possible else "The client may have none of these scopes there")
    return granted


def _may_have(subject: Subject, scope: str, roles: frozenset[str]) -> bool:
    """A scope that the subject's proof has; or one of another service that its scopes stand for, unless
    somebody acts for the person already, who may pass on what they hold and nothing else."""
    rule = EXCHANGE_RULES.get(scope)
    if rule is None:
        return scope in subject.scopes
    if subject.account.realm != "staff" or rule.role not in roles:
        return False
    stands_for_it = subject.act is None and rule.subject_scope in subject.scopes
    return scope in subject.scopes or (stands_for_it and subject.scopes is not BY_ASSERTION)
