"""How well somebody proved who they are: `amr` (RFC 8176) and `acr` (OpenID Connect Core section 2).

`urn:narrowbridge:acr:1` is one factor. `urn:narrowbridge:acr:2` is two: a password and a code
or a passkey, or a passkey that checked its holder (PIN, finger, face), which is two by itself. A browser that
is remembered stands for no factor: it gets level 1.
"""

from collections.abc import Iterable

from shared.oidc.names import Acr

PASSWORD, CODE, TWO_FACTORS = "pwd", "otp", "mfa"  # names of methods
SYNCED_KEY, BOUND_KEY, PRESENCE = "swk", "hwk", "user"


def acr_of(amr: Iterable[str]) -> Acr:
    """The level that these methods reach."""
    return Acr.TWO if TWO_FACTORS in amr else Acr.ONE


def and_second(amr: Iterable[str], second: Iterable[str]) -> list[str]:
    """The methods after a second factor was given."""
    return sorted({*amr, *second, TWO_FACTORS})
