"""What may be wrong about a picture."""

from shared.kernel.errors import Invalid


class BadPicture(Invalid):
    code = "pictures.bad_picture"
    title = "This file is not a picture we can read. Choose a JPEG, PNG or WebP"


class PictureTooLarge(Invalid):
    code = "pictures.too_large"
    title = "This picture is too large. Choose one of at most 2 MB and 25 million pixels"
