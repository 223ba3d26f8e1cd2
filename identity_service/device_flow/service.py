"""A device asks, its person decides, the device is told (RFC 8628)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from identity_service.audit import service as audit
from identity_service.clients.models import Client
from identity_service.device_flow import codes
from identity_service.device_flow.errors import CodeNotKnown
from identity_service.device_flow.models import DeviceRequest
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.limits import service as limits
from identity_service.sealing import Sealer, hashed, new_secret
from identity_service.sessions.models import SignInSession
from identity_service.visit import Visit

LIFE = timedelta(minutes=10)
INTERVAL = 5
_PURPOSE = "user code"


@dataclass(frozen=True, slots=True)
class Codes:
    """What the device gets: one code to ask with, one to show."""

    device_code: str
    user_code: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device that waits for this person's word."""

    device: DeviceRequest
    client: Client
    user_code: str


async def begin(visit: Visit, *, client_id: str, realm: str, scope: str, audiences: list[str]) -> Codes:
    """Keep a device's request and make its codes."""
    while True:
        made = Codes(new_secret(), codes.new_user_code())
        statement = insert(DeviceRequest).values(
            id=uuid4(),
            device_code_hash=hashed(made.device_code),
            user_code_hash=_user_code_hash(visit.services.sealer, made.user_code),
            client_id=client_id,
            realm=realm,
            scope=scope,
            audiences=audiences,
            interval=INTERVAL,
            created_at=visit.now,
            expires_at=visit.now + LIFE,
        )
        kept = await visit.session.execute(statement.on_conflict_do_nothing().returning(DeviceRequest.id))
        if kept.first() is not None:
            return made


def _user_code_hash(sealer: Sealer, user_code: str) -> str:
    return sealer.derive(user_code, purpose=_PURPOSE).hex()


async def find(visit: Visit, typed: str) -> PendingRequest:
    """Put the device with this code before whoever typed it. Raises CodeNotKnown, TooManyAttempts."""
    await visit.services.limiter.take(limits.USER_CODE_ADDRESS.key(visit.address))
    user_code, sealer = codes.read(typed), visit.services.sealer
    if user_code is None:
        raise CodeNotKnown
    device = await visit.session.scalar(
        select(DeviceRequest).where(DeviceRequest.user_code_hash == _user_code_hash(sealer, user_code))
    )
    if device is None or not _is_open(visit, device):
        raise CodeNotKnown
    sealed = sealer.seal(user_code.encode(), purpose=_PURPOSE).hex()
    return await grants.put_aside(
        visit, realm=device.realm, parameters={"user_code": [sealed]}, device_id=device.id
    )


async def waiting(visit: Visit, pending_id: UUID | None) -> Waiting | None:
    """The device that waits for a decision, locked until there is one; None when that was made or came too
    late."""
    pending = await grants.pending_request(visit, pending_id)
    if pending is None or pending.device_id is None:
        return None
    device = await visit.session.get(DeviceRequest, pending.device_id, with_for_update=True)
    client = await visit.session.get(Client, device.client_id) if device else None
    if device is None or client is None or client.disabled_at or not _is_open(visit, device):
        return None
    sealed = bytes.fromhex(pending.parameters["user_code"][0])
    return Waiting(device, client, visit.services.sealer.unseal(sealed, purpose=_PURPOSE).decode())


async def decide(visit: Visit, found: Waiting, session: SignInSession, *, allow: bool) -> None:
    """The person said yes or no; the device learns it when it asks next."""
    device = found.device
    if allow:
        grant = grants.new_grant(
            visit.session,
            to=device.client_id,
            of=session,
            scope=device.scope,
            audiences=device.audiences,
            now=visit.now,
        )
        await visit.session.flush()
        device.grant_id = grant.id
    else:
        device.denied_at = visit.now
    audit.record(
        visit.session,
        "device.allowed" if allow else "device.denied",
        at=visit.now,
        account_id=session.account_id,
        client_id=device.client_id,
        address=visit.address,
        sid=str(session.id),
        scope=device.scope,
    )


def _is_open(visit: Visit, device: DeviceRequest) -> bool:
    return device.expires_at > visit.now and device.grant_id is None and device.denied_at is None


async def prune(visit: Visit) -> None:
    """Delete what has ended; its grant stays."""
    await visit.session.execute(delete(DeviceRequest).where(DeviceRequest.expires_at < visit.now - LIFE))
