"""Tables of grants. Every secret in them is a SHA-256; the secrets have 256 random bits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base
from identity_service.clients.models import Client
from identity_service.sessions.models import SignInSession


class PendingRequest(Base):
    """An authorization request that waits for a person to sign in or to consent.

    Kept here, so that no page ever takes an address to go on to from the browser. `needs_auth_after` is
    set when the client wants a new sign-in (`prompt=login`). With `device_id` it is a device that waits,
    and its parameters are empty. `pushed_hash` names the pushed request that it came from.
    """

    __tablename__ = "pending_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    realm: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    needs_auth_after: Mapped[datetime | None]
    consented_session_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    pushed_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Grant(Base):
    """What one person allowed one client in one session. It ends with the session, at the latest.

    `claims` are names asked for one by one (OpenID Connect Core section 5.5), by where they are told:
    `{"userinfo": [...], "id_token": [...]}`. `dpop_jkt` is the thumbprint of the key that a public client
    has to prove whenever it refreshes (RFC 9449 section 5).
    """

    __tablename__ = "grants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey(Client.id, ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey(SignInSession.id, ondelete="CASCADE"), index=True)
    scope: Mapped[str]
    audiences: Mapped[list[str]]
    claims: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    dpop_jkt: Mapped[str | None]
    auth_time: Mapped[datetime]
    amr: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None]


class AuthorizationCode(Base):
    """A code, good for a minute and for one use. `used_at` stays, so that a second use is noticed.

    With `dpop_jkt` it is good only together with a proof of that key (RFC 9449 section 10).
    """

    __tablename__ = "authorization_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(Grant.id, ondelete="CASCADE"), index=True)
    client_id: Mapped[str]
    redirect_uri: Mapped[str]
    nonce: Mapped[str | None]
    code_challenge: Mapped[str | None]
    code_challenge_method: Mapped[str | None]
    dpop_jkt: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class RefreshToken(Base):
    """One refresh token of a grant. The next one is derived from it, so a grant has one live branch."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(Grant.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UsedAssertion(Base):
    """The `jti` of a client's signed assertion that was used, kept until the assertion would have ended."""

    __tablename__ = "used_assertions"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    jti_hash: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PushedRequest(Base):
    """An authorization request that a client left here before it sent the browser (RFC 9126).

    Known by the SHA-256 of the random part of its `request_uri`. It may be opened again while its person
    signs in; `used_at` is set with the answer to the client, and after that it is no good.
    """

    __tablename__ = "pushed_requests"

    request_hash: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey(Client.id, ondelete="CASCADE"))
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class UsedProof(Base):
    """A DPoP proof that was taken, by the SHA-256 of its key and `jti`, until nobody would believe it any
    more (RFC 9449 section 11.1)."""

    __tablename__ = "used_proofs"

    proof_hash: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


MODELS = (
    PendingRequest,
    Grant,
    AuthorizationCode,
    RefreshToken,
    UsedAssertion,
    PushedRequest,
    UsedProof,
)
