"""The ceremonies of WebAuthn Level 3, by its library: options for browsers, and what their answers prove."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import webauthn
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from identity_service.accounts.models import Account
from identity_service.factors.models import Passkey


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that a browser made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    is_synced: bool


@dataclass(frozen=True, slots=True)
class Ceremonies:
    """At one place: the rpId and the origin that answers must name, and what people call it."""

    rp_id: str
    origin: str
    name: str
    BAD_ANSWER: ClassVar = (
        WebAuthnException,
        ValueError,
        LookupError,
        TypeError,
        OverflowError,
        struct.error,
    )
    """What reading an answer may end in that was not made by a browser."""

    def to_register(
        self, account: Account, challenge: bytes, present: Sequence[Passkey], *, must_verify: bool
    ) -> str:
        """Options to make a passkey of this account (section 5.4)."""
        options = webauthn.generate_registration_options(
            rp_id=self.rp_id,
            rp_name=self.name,
            user_id=account.id.bytes,
            user_name=account.email,
            user_display_name=account.name,
            challenge=challenge,
            exclude_credentials=_descriptors(present),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_verification(must_verify)
            ),
        )
        return webauthn.options_to_json(options)

    def to_answer(self, challenge: bytes, allowed: Sequence[Passkey] | None, *, must_verify: bool) -> str:
        """Options to use a passkey (section 5.5): one of those allowed, or any."""
        options = webauthn.generate_authentication_options(
            rp_id=self.rp_id,
            challenge=challenge,
            allow_credentials=None if allowed is None else _descriptors(allowed),
            user_verification=_verification(must_verify),
        )
        return webauthn.options_to_json(options)

    def made(self, answer: str, challenge: bytes, *, must_verify: bool) -> Made:
        """The passkey of an answer (section 7.1). Raises what stands in `BAD_ANSWER`."""
        credential = parse_registration_credential_json(answer)
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=self.rp_id,
            expected_origin=self.origin,
            require_user_verification=must_verify,
        )
        return Made(
            made.credential_id,
            made.credential_public_key,
            made.sign_count,
            [way.value for way in credential.response.transports or []],
            made.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        )

    def read(self, answer: str) -> AuthenticationCredential:
        """An answer, not yet believed. Raises what stands in `BAD_ANSWER`."""
        return parse_authentication_credential_json(answer)

    def verified(
        self, credential: AuthenticationCredential, passkey: Passkey, challenge: bytes, *, must_verify: bool
    ) -> VerifiedAuthentication:
        """What an answer proves (section 7.2). Raises what stands in `BAD_ANSWER`."""
        return webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=self.rp_id,
            expected_origin=self.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=must_verify,
        )


def _verification(must_verify: bool) -> UserVerificationRequirement:
    return UserVerificationRequirement.REQUIRED if must_verify else UserVerificationRequirement.PREFERRED


def _descriptors(present: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    known = {way.value for way in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(way) for way in passkey.transports if way in known],
        )
        for passkey in present
    ]
