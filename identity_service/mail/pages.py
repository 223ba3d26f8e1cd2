"""`/dev/mail`: the mailbox of development. Not mounted anywhere else."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from identity_service.mail.queries import by_id, newest
from identity_service.web import Visiting, page
from shared.kernel.errors import NotFound
from shared.kernel.text import case_mapped

router = APIRouter(include_in_schema=False)

SANDBOXED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""A mail's own HTML: it may look as it wants, and do nothing."""


@router.get("/dev/mail")
async def mailbox(request: Request, visit: Visiting, to: str = "") -> Response:
    """The newest fifty mails, as a page, or as JSON for `Accept: application/json`; `to` filters."""
    mails = await newest(visit.session, case_mapped(to.strip()))
    if "application/json" in request.headers.get("accept", ""):
        data = [
            {
                "to": mail.to,
                "subject": mail.subject,
                "body": mail.body,
                "html": mail.html,
                "at": mail.created_at.isoformat(),
            }
            for mail in mails
        ]
        return JSONResponse({"data": data})
    return page(request, "dev_mail.html", mails=mails, now=visit.now)


@router.get("/dev/mail/{mail_id}")
async def preview(request: Request, visit: Visiting, mail_id: UUID) -> Response:
    """The HTML of one mail, as a mail program would show it: no script, nothing loaded, no forms."""
    mail = await by_id(visit.session, mail_id)
    if mail is None or mail.html is None:
        raise NotFound
    return HTMLResponse(
        mail.html, headers={"Content-Security-Policy": SANDBOXED, "Cache-Control": "no-store"}
    )
