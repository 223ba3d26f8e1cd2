"""The ring of signing keys in memory."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.keys.models import SigningKey
from identity_service.keys.signing import Signer
from identity_service.sealing import CannotUnseal, Sealer

ALGORITHMS = ("ES256", "RS256")
PUBLISHED_AFTER_RETIREMENT = timedelta(hours=1)
"""Longer than any token we sign lives and than verifiers keep our key set."""
PUBLISHED_BEFORE_USE = timedelta(minutes=5)
"""Longer than our other processes and the verifiers take to learn of a new key."""

_SEAL = "signing key"
_LOCK = 7_201_936_410_551


class WrongSecretKey(Exception):
    """IDENTITY_SECRET_KEY is not the one with which the stored keys were sealed."""


class KeyRing:
    """Signs with the active key of an algorithm; knows all keys that verifiers should still believe."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._signers: dict[str, list[tuple[datetime, ECKey | RSAKey, Signer]]] = {}
        self._published: dict[str, ECKey | RSAKey] = {}

    def signer(self, algorithm: str, now: datetime) -> ECKey | RSAKey:
        """The newest key of this algorithm that may sign by now."""
        return next(key for signs_from, key, _ in self._signers[algorithm] if signs_from <= now)

    def sign(self, algorithm: str, claims: Mapping[str, Any], kind: str, now: datetime) -> str:
        """A token of the type `kind`, signed with the key of `signer`."""
        return next(
            signer.sign(claims, kind)
            for signs_from, _, signer in self._signers[algorithm]
            if signs_from <= now
        )

    def find(self, kid: object) -> ECKey | RSAKey | None:
        return self._published.get(kid) if isinstance(kid, str) else None

    @property
    def kids(self) -> tuple[str, ...]:
        """The names of the keys published now: they tell one version of the key set from another."""
        return tuple(self._published)

    def public_set(self) -> dict[str, Any]:
        """The JWKS document: public parts only."""
        return {"keys": [public_jwk(key) for key in self._published.values()]}

    async def load(self, session: AsyncSession, now: datetime) -> None:
        """Read the keys, making those that are missing. Raises WrongSecretKey."""
        await self._make_missing(session, now, signs_from=now)
        rows = await session.scalars(
            select(SigningKey).where(_is_published(now)).order_by(SigningKey.signs_from.desc())
        )
        signers: dict[str, list[tuple[datetime, ECKey | RSAKey, Signer]]] = {name: [] for name in ALGORITHMS}
        published = {}
        for row in rows:
            published[row.kid] = key = self._open(row)
            signers[row.algorithm].append((row.signs_from, key, Signer(key, row.algorithm)))
        self._signers, self._published = signers, published

    async def rotate(self, session: AsyncSession, now: datetime, *, at_once: bool = False) -> None:
        """Publish new keys now, and sign with them once everybody knows them; the old ones end then.

        `at_once` is for keys that somebody stole: they are withdrawn now, with all that they signed.
        """
        turn = now if at_once else now + PUBLISHED_BEFORE_USE
        end = now - PUBLISHED_AFTER_RETIREMENT if at_once else turn
        for row in await session.scalars(select(SigningKey).where(_is_published(now))):
            row.retired_at = min(row.retired_at or end, end)
        await session.flush()
        await self._make_missing(session, now, signs_from=turn)
        await self.load(session, now)

    async def rotate_when_due(self, session: AsyncSession, now: datetime, *, every: timedelta) -> bool:
        """Rotate keys that have signed for longer than `every`. Returns whether there were any."""
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        oldest = await session.scalar(
            select(func.min(SigningKey.signs_from)).where(SigningKey.retired_at.is_(None))
        )
        if oldest is None or oldest > now - every:
            return False
        await self.rotate(session, now)
        return True

    async def prune(self, session: AsyncSession, now: datetime) -> None:
        """Delete keys, the private parts too, that nobody believes any more."""
        await session.execute(delete(SigningKey).where(~_is_published(now)))

    async def _make_missing(self, session: AsyncSession, now: datetime, *, signs_from: datetime) -> None:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        present = set(
            await session.scalars(select(SigningKey.algorithm).where(SigningKey.retired_at.is_(None)))
        )
        for algorithm in ALGORITHMS:
            if algorithm not in present:
                key = await asyncio.to_thread(_generate, algorithm)
                private = json.dumps(key.as_dict(private=True)).encode()
                await session.execute(
                    insert(SigningKey).values(
                        kid=key.kid,
                        algorithm=algorithm,
                        public_jwk=public_jwk(key),
                        sealed_private_jwk=self._sealer.seal(private, purpose=_SEAL),
                        created_at=now,
                        signs_from=signs_from,
                    )
                )

    def _open(self, row: SigningKey) -> ECKey | RSAKey:
        try:
            private = self._sealer.unseal(row.sealed_private_jwk, purpose=_SEAL)
        except CannotUnseal:
            raise WrongSecretKey(
                "IDENTITY_SECRET_KEY cannot open the stored signing keys: give the key they were made with"
            ) from None
        return _read(row.algorithm, private)


def _is_published(now: datetime) -> ColumnElement[bool]:
    return SigningKey.retired_at.is_(None) | (SigningKey.retired_at > now - PUBLISHED_AFTER_RETIREMENT)


def public_jwk(key: ECKey | RSAKey) -> dict[str, Any]:
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    return dict(key.as_dict(private=False)) | {"use": "sig", "alg": algorithm}


def _read(algorithm: str, private: bytes) -> ECKey | RSAKey:
    jwk = json.loads(private)
    return RSAKey.import_key(jwk) if algorithm == "RS256" else ECKey.import_key(jwk)


def _generate(algorithm: str) -> ECKey | RSAKey:
    if algorithm == "RS256":
        return RSAKey.generate_key(2048, auto_kid=True)
    return ECKey.generate_key("P-256", auto_kid=True)
