"""`/dev/mail`: the mailbox of development. Not mounted anywhere else."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from identity_service.mail.queries import newest
from identity_service.web import Visiting, page

router = APIRouter(include_in_schema=False)


@router.get("/dev/mail")
async def mailbox(request: Request, visit: Visiting, to: str = "") -> Response:
    """The newest fifty mails, as a page, or as JSON for `Accept: application/json`; `to` filters."""
    mails = await newest(visit.session, to.strip().casefold())
    if "application/json" in request.headers.get("accept", ""):
        data = [
            {"to": mail.to, "subject": mail.subject, "body": mail.body, "at": mail.created_at.isoformat()}
            for mail in mails
        ]
        return JSONResponse({"data": data})
    return page(request, "dev_mail.html", mails=mails, now=visit.now)
