"""What an assertion that is believed says of its person, in the words of OpenID Connect, so that both kinds
of providers lead to accounts by the same rules."""

from typing import Any, Final

from saml2.saml import NAMEID_FORMAT_PERSISTENT

from identity_service.upstreams.errors import UpstreamRefused
from identity_service.upstreams.saml.times import instant
from identity_service.upstreams.saml.wanted import Wanted
from identity_service.upstreams.schemas import SamlTerms

_LONGEST_SUBJECT: Final = 255
_MFA: Final = "mfa"


def of(assertion: Any, terms: SamlTerms, wanted: Wanted) -> dict[str, Any]:
    """Attributes under their names, each with all its values; then the claims that mean something here.
    Raises UpstreamRefused without a subject that can be known again."""
    attributes = _attributes(assertion)
    [statement] = assertion.authn_statement
    context = statement.authn_context.authn_context_class_ref
    said = (context.text or "").strip() if context is not None else ""
    return attributes | {
        "sub": _subject(assertion, attributes, terms, wanted),
        "email": _only(attributes, terms.email_attribute),
        "email_verified": terms.proves_email,
        "name": _only(attributes, terms.name_attribute),
        "amr": [_MFA] if said in terms.mfa_contexts else [],
        "auth_time": int(instant(statement.authn_instant).timestamp()),
    }


def _attributes(assertion: Any) -> dict[str, Any]:
    """By `Name` alone: a `FriendlyName` is for people (Core section 2.7.3.1)."""
    found: dict[str, Any] = {}
    for statement in assertion.attribute_statement:
        for attribute in statement.attribute:
            values = [(value.text or "").strip() for value in attribute.attribute_value]
            found.setdefault(attribute.name, []).extend(value for value in values if value)
    return found


def _only(attributes: dict[str, Any], name: str | None) -> str:
    """The value of an attribute that has one; of several none is more true than the others."""
    values = attributes.get(name or "", [])
    return str(values[0]) if len(values) == 1 else ""


def _subject(assertion: Any, attributes: dict[str, Any], terms: SamlTerms, wanted: Wanted) -> str:
    if terms.subject_attribute is not None:
        subject = _only(attributes, terms.subject_attribute)
    else:
        subject = _persistent(assertion.subject.name_id, wanted)
    if not 1 <= len(subject) <= _LONGEST_SUBJECT:
        raise UpstreamRefused("no subject")
    return subject


def _persistent(name_id: Any, wanted: Wanted) -> str:
    """Core section 8.3.7: unique for this provider and us, and never given to somebody else."""
    if name_id is None or name_id.format != NAMEID_FORMAT_PERSISTENT:
        raise UpstreamRefused("no subject")
    if name_id.name_qualifier not in (None, "", wanted.issuer):
        raise UpstreamRefused("no subject")
    if name_id.sp_name_qualifier not in (None, "", wanted.entity_id):
        raise UpstreamRefused("no subject")
    return (name_id.text or "").strip()
