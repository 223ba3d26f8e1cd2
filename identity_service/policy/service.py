"""Reading and changing what a realm asks of people who sign in."""

from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.audit import service as audit
from identity_service.policy.errors import BadPolicy
from identity_service.policy.models import SignInPolicy
from identity_service.visit import Caller, Visit
from shared.db.query import Query, Reader, Row, writer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`requires_mfa`: nobody of the realm is let in by a password alone, and who has no second factor sets
    one up at the next sign-in. `remembered_device_days`: for how long a browser may be let in by the first
    factor alone when its person wants that; 0 for never."""

    requires_mfa: bool = False
    allows_passkeys: bool = True
    password_min_length: int = 8
    remembered_device_days: int = 30

    @classmethod
    def of(cls, row: Row | None) -> "Policy":
        """From a row with `COLUMNS`, which are empty for a realm that has no policy of its own."""
        if row is None or row["requires_mfa"] is None:
            return cls()
        return cls(**{column.name: row[column.name] for column in COLUMNS})


COLUMNS: Final = tuple(SignInPolicy.__table__.c[field.name] for field in fields(Policy))
_POLICY: Final = Query(select(*COLUMNS).where(SignInPolicy.realm == bindparam("realm")))


async def of(caller: Caller, realm: str) -> Policy:
    """The policy of a realm, read outside any transaction."""
    return await _read(caller.reader, realm)


async def password_hint(caller: Caller, realm: str) -> str:
    """What stands below a field for a new password of this realm."""
    least = (await of(caller, realm)).password_min_length
    return f"At least {least} characters. Four random words are good."


async def get(session: AsyncSession, realm: str) -> Policy:
    """The policy of a realm, within a transaction."""
    return await _read(writer_of(session), realm)


async def _read(reader: Reader, realm: str) -> Policy:
    return Policy.of(await reader.first(_POLICY, realm=realm))


async def change(visit: Visit, realm: str, policy: Policy, *, by: str | None = None) -> None:
    """From now on `realm` has this policy. Raises BadPolicy."""
    if not 8 <= policy.password_min_length <= 64:
        raise BadPolicy("The least length of passwords lies between 8 and 64")
    if not 0 <= policy.remembered_device_days <= 90:
        raise BadPolicy("Browsers are remembered for 0 to 90 days")
    values = asdict(policy) | {"updated_at": visit.now}
    statement = insert(SignInPolicy).values(realm=realm, **values)
    await visit.session.execute(
        statement.on_conflict_do_update(index_elements=[SignInPolicy.realm], set_=values)
    )
    audit.record(
        visit.session,
        "policy.changed",
        at=visit.now,
        address=visit.address,
        by=by,
        realm=realm,
        **asdict(policy),
    )
