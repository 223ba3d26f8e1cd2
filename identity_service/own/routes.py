"""Every page of /account, put together."""

from fastapi import APIRouter, FastAPI

from identity_service.closing import pages as closing
from identity_service.consents import pages as consents
from identity_service.email_change import pages as email_change
from identity_service.factors import pages as factors
from identity_service.history import pages as history
from identity_service.invitations import pages as invitations
from identity_service.organisations import pages as organisations
from identity_service.own import pages
from identity_service.own.frame import SignInFirst, sign_in_first
from identity_service.own.fresh import ProveAgain, prove_again
from identity_service.own_data import pages as own_data
from identity_service.password_change import pages as password_change
from identity_service.pictures import pages as pictures
from identity_service.profile import pages as profile
from identity_service.sessions import pages as sessions
from identity_service.upstreams import own_pages as upstreams

_PARTS = (
    pages,
    profile,
    pictures,
    factors,
    email_change,
    password_change,
    sessions,
    consents,
    history,
    own_data,
    closing,
    invitations,
    organisations,
    upstreams,
)
ROUTERS: tuple[APIRouter, ...] = tuple(part.router for part in _PARTS)


def catch(app: FastAPI) -> None:
    """Where the pages lead those who are not signed in, or not lately."""
    app.add_exception_handler(SignInFirst, sign_in_first)
    app.add_exception_handler(ProveAgain, prove_again)
