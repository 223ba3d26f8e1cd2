"""Whether an authorization request is in order, before anybody is asked anything (RFC 6749 section 4.1.1)."""

import re
from collections.abc import Callable
from typing import Final

from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)

from identity_service.clients.models import Client
from identity_service.protocol import claims, tokens
from identity_service.protocol.answers import FORM_POST, RESPONSE_MODES
from identity_service.protocol.asked import Asked
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.errors import (
    RequestNotSupported,
    RequestTooLong,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from identity_service.protocol.request import Parameters, repeated, resources_in
from identity_service.protocol.resources import about_people
from identity_service.protocol.turn import Turn
from shared.oidc.names import GrantType

LONGEST: Final = 10_000
"""Characters of a request, as it may be put aside for somebody whom we do not know yet."""
_PROMPTS: Final = frozenset({"none", "login", "consent", "select_account", "create"})
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def validated(turn: Turn, row: Client | None, parameters: Parameters, *, is_pushed: bool = False) -> Asked:
    """The request of the client `row`, which left it here first when it `is_pushed` (RFC 9126). Raises
    OAuth2Error, with a `redirect_uri` once that is known to be the client's."""
    form = {name: values[0] for name, values in parameters.items()}
    _check_form(parameters)
    client, redirect_uri = _destination(row, form)
    try:
        if client.requires_pushed and not is_pushed:  # RFC 9126 section 5
            raise InvalidRequestError("This client has to push its requests")
        asked = _read(turn, client, parameters, form, redirect_uri)
        for rule in RULES:
            rule(asked)
    except OAuth2Error as error:
        error.redirect_uri = redirect_uri
        raise
    return asked


def _check_form(parameters: Parameters) -> None:
    if sum(len(name) + sum(map(len, values)) for name, values in parameters.items()) > LONGEST:
        raise RequestTooLong
    if name := repeated(parameters):
        raise InvalidRequestError(f"{name} came twice" if name.isascii() and name.isidentifier() else None)


def _destination(row: Client | None, form: dict[str, str]) -> tuple[ProtocolClient, str]:
    """Who asks, and where the answer goes. RFC 6749 section 3.1.2.4: a bad address is shown to the person;
    nothing is sent there, and nothing of it is repeated."""
    client = ProtocolClient(row) if row is not None and row.disabled_at is None else None
    redirect_uri = form.get("redirect_uri", "")
    is_known = client is not None and bool(redirect_uri) and client.is_registered_at(redirect_uri)
    if form.get("response_type") != "code":
        raise UnsupportedResponseType(redirect_uri=redirect_uri if is_known else None)
    if client is None:
        raise InvalidClientError(description="The client is not known")
    if not is_known:
        raise InvalidRequestError("redirect_uri is missing or not registered")
    return client, redirect_uri


def _read(
    turn: Turn, client: ProtocolClient, parameters: Parameters, form: dict[str, str], redirect_uri: str
) -> Asked:
    if not client.may_use(GrantType.CODE):
        raise UnauthorizedClientError("This client may not sign people in")
    scope = client.allowed_scope(form.get("scope"))
    if scope is None:
        raise InvalidScopeError
    asked = [uri.rstrip("/") for uri in resources_in(parameters)]
    return Asked(
        turn=turn,
        client=client,
        parameters=parameters,
        form=form,
        redirect_uri=redirect_uri,
        realm=form.get("realm") or next(iter(client.row.realms), ""),
        scope=scope,
        audiences=asked or client.row.audiences[:1] or [about_people(turn.settings)],
        wanted_claims=claims.wanted(form.get("claims"), client.row.scopes),
    )


def _challenge_is_s256(asked: Asked) -> None:
    """OAuth 2.1 section 4.1.1: no `plain`, no method left out."""
    challenge, method = asked.form.get("code_challenge"), asked.form.get("code_challenge_method")
    if challenge is None:
        if method is not None or asked.client.requires_pkce:
            raise InvalidRequestError("code_challenge is required")
    elif not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequestError("code_challenge is not one")
    elif method != "S256":
        raise InvalidRequestError("code_challenge_method must be S256")


def _key_is_a_thumbprint(asked: Asked) -> None:
    """RFC 9449 section 10: `dpop_jkt` is a SHA-256 in base64url."""
    jkt = asked.form.get("dpop_jkt")
    if jkt is not None and not _THUMBPRINT.fullmatch(jkt):
        raise InvalidRequestError("dpop_jkt must be the SHA-256 thumbprint of a key")


def _no_request_object(asked: Asked) -> None:
    """OpenID Connect Core section 6: neither form of request object is supported."""
    if "request" in asked.form:
        raise RequestNotSupported
    if "request_uri" in asked.form:
        raise RequestUriNotSupported


def _response_mode_is_known(asked: Asked) -> None:
    """A form is posted to web addresses only; a program on the device gets its answer in the address."""
    mode = asked.form.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise InvalidRequestError("response_mode must be query or form_post")
    if mode == FORM_POST and not asked.redirect_uri.startswith(("https:", "http:")):
        raise InvalidRequestError("response_mode form_post needs a web address")


def _realm_is_admitted(asked: Asked) -> None:
    """Which realm's people a client admits is checked before a code exists."""
    if asked.realm not in asked.client.row.realms:
        raise UnauthorizedClientError("The client does not admit this realm")


def _resources_are_admitted(asked: Asked) -> None:
    """RFC 8707 section 2.1; a community of one realm is no target for the other realm's people."""
    turn = asked.turn
    admitted = asked.client.row.audiences or [about_people(turn.settings)]
    for audience in asked.audiences:
        resource = turn.resources.get(audience)
        if resource is None or audience not in admitted or asked.realm not in resource.realms:
            raise tokens.InvalidTarget


def _prompt_is_known(asked: Asked) -> None:
    if not asked.prompts <= _PROMPTS or ("none" in asked.prompts and len(asked.prompts) > 1):
        raise InvalidRequestError("prompt is not one of those known")


def _age_is_a_number(asked: Asked) -> None:
    if not asked.form.get("max_age", "0").isdecimal():
        raise InvalidRequestError("max_age must be a number of seconds")


RULES: Final[tuple[Callable[[Asked], None], ...]] = (
    _challenge_is_s256,
    _key_is_a_thumbprint,
    _no_request_object,
    _response_mode_is_known,
    _realm_is_admitted,
    _resources_are_admitted,
    _prompt_is_known,
    _age_is_a_number,
)
