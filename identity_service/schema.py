"""What the identity database holds."""

from identity_service.accounts import models as accounts
from identity_service.audit import models as audit
from identity_service.backchannel import models as backchannel
from identity_service.clients import models as clients
from identity_service.consents import models as consents
from identity_service.device_flow import models as device_flow
from identity_service.devices import models as devices
from identity_service.events import models as events
from identity_service.factors import models as factors
from identity_service.grants import models as grants
from identity_service.keys import models as keys
from identity_service.limits import models as limits
from identity_service.mail import models as mail
from identity_service.pictures import models as pictures
from identity_service.policy import models as policy
from identity_service.registration import models as registration
from identity_service.roles import models as roles
from identity_service.scim import models as scim
from identity_service.sessions import models as sessions
from identity_service.sign_in import models as sign_in
from identity_service.upstreams import models as upstreams
from shared.db.schema import assemble
from shared.web import idempotency

schema = assemble(
    accounts.MODELS,
    sessions.MODELS,
    clients.MODELS,
    grants.MODELS,
    events.MODELS,
    backchannel.MODELS,
    scim.MODELS,
    consents.MODELS,
    device_flow.MODELS,
    keys.MODELS,
    audit.MODELS,
    roles.MODELS,
    registration.MODELS,
    limits.MODELS,
    mail.MODELS,
    pictures.MODELS,
    devices.MODELS,
    factors.MODELS,
    policy.MODELS,
    sign_in.MODELS,
    upstreams.MODELS,
    idempotency.MODELS,
)
