"""Which DPoP proofs this service took: in its database, so that each is good once for all its processes."""

from datetime import UTC, datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.db.engine import Database
from shared.oidc.dpop import Proof


class UsedProof(Base):
    """A proof that was taken, by the SHA-256 of its key and `jti`, until nobody would believe it any more
    (RFC 9449 section 11.1)."""

    __tablename__ = "used_proofs"

    id: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


MODELS = (UsedProof,)


class StoredProofs:
    """Implements `shared.oidc.dpop.ProofMemory`. Only requests with a proof come here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first(self, proof: Proof) -> bool:
        statement = insert(UsedProof).values(id=proof.id, expires_at=datetime.fromtimestamp(proof.until, UTC))
        async with self._database.transaction() as session:
            kept = await session.execute(statement.on_conflict_do_nothing().returning(UsedProof.id))
            return kept.first() is not None


async def forget_old(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(UsedProof).where(UsedProof.expires_at < now))
