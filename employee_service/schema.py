"""What the employee database holds."""

from employee_service.desk import models as desk
from shared.db import outbox
from shared.db.schema import assemble
from shared.tools.people import models as people
from shared.tools.questions import models as questions
from shared.tools.sign_in import models as sign_in
from shared.tools.spaces import models as spaces
from shared.tools.topics import models as topics
from shared.tools.transfer import models as transfer
from shared.web import idempotency, proofs

schema = assemble(
    outbox.MODELS,
    idempotency.MODELS,
    proofs.MODELS,
    people.MODELS,
    sign_in.MODELS,
    spaces.MODELS,
    topics.MODELS,
    questions.MODELS,
    transfer.MODELS,
    desk.MODELS,
)
