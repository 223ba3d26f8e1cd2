"""Every address of the admin API and of the console, put together."""

from fastapi import APIRouter

from identity_service.admin import pages
from identity_service.admin.clients import api as clients
from identity_service.admin.clients import pages as client_pages
from identity_service.admin.keys import api as keys
from identity_service.admin.log import api as log
from identity_service.admin.openings import api as openings
from identity_service.admin.organisations import api as organisations
from identity_service.admin.people import api as people
from identity_service.admin.people import pages as people_pages
from identity_service.admin.policies import api as policies
from identity_service.admin.roles import api as roles

_API = (people, organisations, roles, clients, policies, openings, keys, log)
_CONSOLE = (people_pages, client_pages, pages)
ROUTERS: tuple[APIRouter, ...] = tuple(part.router for part in (*_API, *_CONSOLE))
