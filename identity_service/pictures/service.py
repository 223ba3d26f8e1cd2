"""Taking a picture in: it is drawn anew, so that nothing of the file is kept but what one sees."""

import asyncio
import io
import struct
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID, uuid4

from PIL import Image, ImageOps
from sqlalchemy import delete

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.pictures import queries
from identity_service.pictures.errors import BadPicture, PictureTooLarge
from identity_service.pictures.models import Picture
from identity_service.visit import Caller, Visit
from shared.kernel.errors import NotFound

MAX_BYTES: Final = 2_000_000
MAX_PIXELS: Final = 25_000_000
"""About 100 MB once unpacked. A file of few bytes can claim any size: it is looked at before unpacking."""
SIZES: Final = (256, 64)
"""Pixels of each side, the largest first."""
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
MEDIA_TYPE: Final = "image/webp"

_ONE_AT_A_TIME: Final = ThreadPoolExecutor(1, "pictures")
_UNREADABLE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    struct.error,
)
"""What Pillow raises for files that are broken in one way or another."""


async def squares(content: bytes) -> dict[int, bytes]:
    """The picture in each size, as WebP without metadata. Slow: call it outside any transaction.

    Raises BadPicture, PictureTooLarge.
    """
    if len(content) > MAX_BYTES:
        raise PictureTooLarge
    return await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, _draw, content)


def _draw(content: bytes) -> dict[int, bytes]:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PictureTooLarge
            opened.draft("RGB", (SIZES[0] * 2, SIZES[0] * 2))
            upright = ImageOps.exif_transpose(opened)
            has_holes = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
            plain = upright.convert("RGBA" if has_holes else "RGB")
            return {size: _written(ImageOps.fit(plain, (size, size))) for size in SIZES}
    except Image.DecompressionBombError:
        raise PictureTooLarge from None
    except _UNREADABLE:
        raise BadPicture from None


def _written(square: Image.Image) -> bytes:
    square.info.clear()
    out = io.BytesIO()
    square.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()


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
