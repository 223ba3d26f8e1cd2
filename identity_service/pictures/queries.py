"""Every SELECT on pictures."""

from sqlalchemy import bindparam, select

from identity_service.pictures.models import Picture
from shared.db.query import Query

CONTENT = Query(
    select(Picture.content).where(
        Picture.picture_id == bindparam("picture_id"), Picture.size == bindparam("size")
    )
)
