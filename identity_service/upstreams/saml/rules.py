"""When an assertion is believed (Profiles, section 4.1.4; Core, section 2), one rule for each function, in
the order of `RULES`. They look at what was signed; signatures themselves are checked before."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from saml2.saml import NAMEID_FORMAT_ENTITY, SCM_BEARER
from saml2.samlp import STATUS_AUTHN_FAILED, STATUS_NO_PASSIVE, STATUS_REQUEST_DENIED, STATUS_SUCCESS

from identity_service.upstreams.errors import UpstreamRefused
from identity_service.upstreams.saml.times import instant
from identity_service.upstreams.saml.wanted import Wanted

LEEWAY: Final = timedelta(seconds=60)
"""By how much a provider's clock may differ."""
_NO: Final = frozenset({STATUS_AUTHN_FAILED, STATUS_NO_PASSIVE, STATUS_REQUEST_DENIED})


def require_success(response: Any) -> None:
    """Core section 3.2.2. Nobody has to have signed a no. Raises UpstreamRefused."""
    code = response.status.status_code if response.status is not None else None
    if code is None or code.value != STATUS_SUCCESS:
        why = code.status_code.value if code is not None and code.status_code is not None else ""
        raise UpstreamRefused("denied" if why in _NO else "error")


def require_response(response: Any, wanted: Wanted) -> None:
    """The envelope: what it says may be signed or not, and fits in either case. Raises UpstreamRefused."""
    if response.version != "2.0":
        raise UpstreamRefused("version")
    if response.issuer is not None:
        _require_issuer(response.issuer, wanted)
    if response.in_response_to != wanted.request_id:
        raise UpstreamRefused("no question")
    is_destined = response.destination is not None or response.signature is not None
    if is_destined and response.destination != wanted.answer_url:  # Bindings, section 3.5.5.2
        raise UpstreamRefused("destination")


def _version(assertion: Any, wanted: Wanted) -> None:
    if assertion.version != "2.0":
        raise UpstreamRefused("version")


def _issued(assertion: Any, wanted: Wanted) -> None:
    if _at(assertion.issue_instant) > wanted.now + LEEWAY:
        raise UpstreamRefused("too early")


def _issuer(assertion: Any, wanted: Wanted) -> None:
    if assertion.issuer is None:
        raise UpstreamRefused("issuer")
    _require_issuer(assertion.issuer, wanted)


def _confirmation(assertion: Any, wanted: Wanted) -> None:
    """One confirmation by bearer is for us, for this question and for now."""
    found = assertion.subject.subject_confirmation if assertion.subject is not None else []
    bearers = [one.subject_confirmation_data for one in found if one.method == SCM_BEARER]
    if len(bearers) != 1 or bearers[0] is None:
        raise UpstreamRefused("confirmation")
    [said] = bearers
    if said.recipient != wanted.answer_url:
        raise UpstreamRefused("recipient")
    if said.in_response_to != wanted.request_id:
        raise UpstreamRefused("no question")
    if said.not_on_or_after is None:
        raise UpstreamRefused("confirmation")
    _require_now(said, wanted)


def _conditions(assertion: Any, wanted: Wanted) -> None:
    """Core section 2.5.1: a condition that is not understood is not met."""
    conditions = assertion.conditions
    if conditions is None or conditions.condition or conditions.extension_elements:
        raise UpstreamRefused("conditions")
    _require_now(conditions, wanted)


def _audience(assertion: Any, wanted: Wanted) -> None:
    restrictions = assertion.conditions.audience_restriction
    if not restrictions or not all(
        wanted.entity_id in _texts(restriction.audience) for restriction in restrictions
    ):
        raise UpstreamRefused("audience")


def _authentication(assertion: Any, wanted: Wanted) -> None:
    """When, and recently enough; the session that began then is not over."""
    if len(assertion.authn_statement) != 1:
        raise UpstreamRefused("statement")
    [statement] = assertion.authn_statement
    at = _at(statement.authn_instant)
    if at > wanted.now + LEEWAY:
        raise UpstreamRefused("too early")
    if wanted.needs_auth_after is not None and at < wanted.needs_auth_after - LEEWAY:
        raise UpstreamRefused("proof too old")
    ends = statement.session_not_on_or_after
    if ends is not None and _at(ends) <= wanted.now - LEEWAY:
        raise UpstreamRefused("expired")


RULES: Final[tuple[Callable[[Any, Wanted], None], ...]] = (
    _version,
    _issued,
    _issuer,
    _confirmation,
    _conditions,
    _audience,
    _authentication,
)


def require_assertion(assertion: Any, wanted: Wanted) -> None:
    """Raises UpstreamRefused, with a short word why."""
    for rule in RULES:
        rule(assertion, wanted)


def _require_issuer(issuer: Any, wanted: Wanted) -> None:
    is_entity = issuer.format in (None, NAMEID_FORMAT_ENTITY)
    if not is_entity or (issuer.text or "").strip() != wanted.issuer:
        raise UpstreamRefused("issuer")


def _require_now(span: Any, wanted: Wanted) -> None:
    if span.not_before is not None and _at(span.not_before) > wanted.now + LEEWAY:
        raise UpstreamRefused("too early")
    if span.not_on_or_after is not None and _at(span.not_on_or_after) <= wanted.now - LEEWAY:
        raise UpstreamRefused("expired")


def _at(said: str | None) -> datetime:
    try:
        return instant(said or "")
    except ValueError:
        raise UpstreamRefused("time") from None


def _texts(elements: Iterable[Any]) -> set[str]:
    return {(element.text or "").strip() for element in elements}
