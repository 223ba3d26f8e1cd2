"""Drawing a picture anew, by Pillow."""

import io
import struct
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageOps

from identity_service.pictures.errors import BadPicture, PictureTooLarge

MAX_PIXELS: Final = 25_000_000
"""About 100 MB once unpacked. A file of few bytes can claim any size: it is looked at before unpacking."""
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
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


def squares(content: bytes, sizes: Sequence[int]) -> dict[int, bytes]:
    """The picture in each of `sizes` (pixels of a side, the largest first), as WebP without metadata.

    Raises BadPicture, PictureTooLarge.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PictureTooLarge
            opened.draft("RGB", (sizes[0] * 2, sizes[0] * 2))
            upright = ImageOps.exif_transpose(opened)
            has_holes = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
            plain = upright.convert("RGBA" if has_holes else "RGB")
            return {size: _written(ImageOps.fit(plain, (size, size))) for size in sizes}
    except Image.DecompressionBombError:
        raise PictureTooLarge from None
    except _UNREADABLE:
        raise BadPicture from None


def _written(square: Image.Image) -> bytes:
    square.info.clear()
    out = io.BytesIO()
    square.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()
