"""Every address of the admin API and of the console, put together."""

from fastapi import APIRouter

from identity_service.admin.clients import api as clients
from identity_service.admin.clients import pages as client_pages
from identity_service.admin.groups import api as groups
from identity_service.admin.groups import pages as group_pages
from identity_service.admin.invitations import api as invitations
from identity_service.admin.invitations import pages as invitation_pages
from identity_service.admin.keys import api as keys
from identity_service.admin.keys import pages as key_pages
from identity_service.admin.log import api as log
from identity_service.admin.log import pages as log_pages
from identity_service.admin.openings import api as openings
from identity_service.admin.openings import pages as opening_pages
from identity_service.admin.organisations import api as organisations
from identity_service.admin.organisations import pages as organisation_pages
from identity_service.admin.people import api as people
from identity_service.admin.people import pages as people_pages
from identity_service.admin.policies import api as policies
from identity_service.admin.policies import pages as policy_pages
from identity_service.admin.roles import api as roles
from identity_service.admin.roles import pages as role_pages
from identity_service.admin.upstreams import api as upstreams
from identity_service.admin.upstreams import pages as upstream_pages

_API = (
    people,
    invitations,
    groups,
    organisations,
    roles,
    clients,
    openings,
    upstreams,
    policies,
    keys,
    log,
)
_CONSOLE = (
    people_pages,
    invitation_pages,
    group_pages,
    organisation_pages,
    role_pages,
    client_pages,
    opening_pages,
    upstream_pages,
    policy_pages,
    key_pages,
    log_pages,
)
ROUTERS: tuple[APIRouter, ...] = tuple(part.router for part in (*_API, *_CONSOLE))
