"""Tables of providers upstream."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base


class Upstream(Base):
    """A provider whose people may sign in here, to accounts of one realm.

    `provisions`: who is unknown gets an account when the address has one of `email_domains` and the provider
    says, by the claim `verified_claim`, that it was proved. `admits_linking`: people may connect an account
    they have already. `trusts_mfa`: `mfa` among the provider's `amr` stands for a second factor of ours.
    `kind` says which protocol it speaks; `saml` holds what only `SamlSettings` have, and `sealed_secret` is
    then our key and certificate.
    """

    __tablename__ = "upstreams"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    realm: Mapped[str]
    title: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    token_endpoint_auth_method: Mapped[str]
    sealed_secret: Mapped[bytes | None]
    scopes: Mapped[list[str]]
    email_domains: Mapped[list[str]]
    verified_claim: Mapped[str]
    role_rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    provisions: Mapped[bool]
    admits_linking: Mapped[bool]
    trusts_mfa: Mapped[bool]
    saml: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    is_enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("realm in ('staff', 'customer')", name="realm"),
        CheckConstraint("kind in ('oidc', 'saml')", name="kind"),
        CheckConstraint("(kind = 'saml') = (saml is not null)", name="saml"),
    )


class UpstreamIdentity(Base):
    """A person at a provider (its `sub`) and the account that is theirs here.

    `shown` is how the provider called them last, for their own eyes. `roles` are those that the
    provider gives: when it takes them back they go, unless somebody else gives them, too.
    """

    __tablename__ = "upstream_identities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    upstream_id: Mapped[str] = mapped_column(ForeignKey(Upstream.id, ondelete="CASCADE"))
    subject: Mapped[str]
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    shown: Mapped[str]
    roles: Mapped[list[str]]
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("upstream_id", "subject"),)


class UpstreamAttempt(Base):
    """A question sent to a provider through a browser, until its one answer comes.

    `needs_auth_after` is set where the person has to prove anew, at the provider, who they are. `links_to` is
    whose account page asked, when this is no sign-in. Nonce and verifier belong to OpenID Connect; an answer
    by SAML does not come from the browser that asked, as far as cookies tell, and waits here for it.
    """

    __tablename__ = "upstream_attempts"

    state_hash: Mapped[str] = mapped_column(primary_key=True)
    browser_hash: Mapped[str]
    upstream_id: Mapped[str] = mapped_column(ForeignKey(Upstream.id, ondelete="CASCADE"))
    nonce_hash: Mapped[str | None]
    sealed_verifier: Mapped[bytes | None]
    sealed_answer: Mapped[bytes | None]
    pending_id: Mapped[UUID | None]
    back_to: Mapped[str]
    links_to: Mapped[UUID | None]
    needs_auth_after: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UpstreamOffer(Base):
    """Somebody proved who they are at a provider, and may say which account here is theirs."""

    __tablename__ = "upstream_offers"

    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    upstream_id: Mapped[str] = mapped_column(ForeignKey(Upstream.id, ondelete="CASCADE"))
    subject: Mapped[str]
    shown: Mapped[str]
    roles: Mapped[list[str]]
    pending_id: Mapped[UUID | None]
    back_to: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


MODELS = (Upstream, UpstreamIdentity, UpstreamAttempt, UpstreamOffer)
