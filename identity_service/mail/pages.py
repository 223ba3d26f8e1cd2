"""`/dev/mail`: the mailbox of development. Not mounted anywhere else."""

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import JSONResponse, Response

from identity_service.mail.models import Mail
from identity_service.visit import Visit
from identity_service.web import Visiting, VisitRoute, page

router = APIRouter(route_class=VisitRoute, include_in_schema=False)


@router.get("/dev/mail")
async def mailbox(request: Request, visit: Visiting, to: str = "") -> Response:
    """The newest fifty mails, as a page, or as JSON for `Accept: application/json`; `to` filters."""
    mails = await _newest(visit, to.strip().casefold())
    if "application/json" in request.headers.get("accept", ""):
        data = [
            {"to": mail.to, "subject": mail.subject, "body": mail.body, "at": mail.created_at.isoformat()}
            for mail in mails
        ]
        return JSONResponse({"data": data})
    return page(request, "dev_mail.html", mails=mails, now=visit.now)


async def _newest(visit: Visit, to: str) -> list[Mail]:
    statement = select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(50)
    return list(await visit.session.scalars(statement.where(Mail.to == to) if to else statement))
