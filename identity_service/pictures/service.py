"""Taking a picture in: it is drawn anew, so that nothing of the file is kept but what one sees."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.pictures import queries
from identity_service.pictures.errors import PictureTooLarge
from identity_service.pictures.models import Picture
from identity_service.visit import Caller, Visit
from shared.kernel.errors import NotFound

MAX_BYTES: Final = 2_000_000
SIZES: Final = (256, 64)
"""Pixels of each side, the largest first."""
MEDIA_TYPE: Final = "image/webp"

_ONE_AT_A_TIME: Final = ThreadPoolExecutor(1, "pictures")


async def squares(content: bytes) -> dict[int, bytes]:
    """The picture in each size, as WebP without metadata. Slow: call it outside any transaction.

    Raises BadPicture, PictureTooLarge.
    """
    if len(content) > MAX_BYTES:
        raise PictureTooLarge
    return await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, _draw, content)


def _draw(content: bytes) -> dict[int, bytes]:
    from identity_service.pictures.drawing import squares  # allowed: late import, because pictures are rare

    return squares(content, SIZES)


async def keep(visit: Visit, account: Account, pictures: Mapping[int, bytes]) -> None:
    """Make this the account's picture, under a new address."""
    await _forget(visit, account)
    account.picture_id, account.updated_at = uuid4(), visit.now
    for size, content in pictures.items():
        visit.session.add(
            Picture(picture_id=account.picture_id, size=size, account_id=account.id, content=content)
        )
    _record(visit, account, "account.picture_changed")


async def remove(visit: Visit, account: Account) -> None:
    """Take the picture away. A second time changes nothing."""
    if account.picture_id is not None:
        await _forget(visit, account)
        account.picture_id, account.updated_at = None, visit.now
        _record(visit, account, "account.picture_removed")


async def read(caller: Caller, picture_id: UUID, size: int) -> bytes:
    """The picture in one of `SIZES`. Raises NotFound."""
    row = await caller.reader.first(queries.CONTENT, picture_id=picture_id, size=size)
    if row is None:
        raise NotFound
    return bytes(row["content"])


def address(issuer: str, picture_id: UUID | None) -> str | None:
    """Where the picture is to be had, by everybody who knows the address."""
    return f"{issuer}/pictures/{picture_id}" if picture_id else None


async def _forget(visit: Visit, account: Account) -> None:
    await visit.session.execute(delete(Picture).where(Picture.account_id == account.id))


def _record(visit: Visit, account: Account, event: str) -> None:
    audit.record(visit.session, event, at=visit.now, account_id=account.id, address=visit.address)
