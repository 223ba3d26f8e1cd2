"""Every page of /account, put together."""

from fastapi import APIRouter, FastAPI

from identity_service.consents import pages as consents
from identity_service.history import pages as history
from identity_service.own import pages
from identity_service.own.frame import SignInFirst, sign_in_first
from identity_service.own.fresh import ProveAgain, prove_again
from identity_service.pictures import pages as pictures
from identity_service.profile import pages as profile
from identity_service.sessions import pages as sessions

router = APIRouter(include_in_schema=False)
for part in (pages, profile, pictures, sessions, consents, history):
    router.include_router(part.router)


def catch(app: FastAPI) -> None:
    """Where the pages lead those who are not signed in, or not lately."""
    app.add_exception_handler(SignInFirst, sign_in_first)
    app.add_exception_handler(ProveAgain, prove_again)
