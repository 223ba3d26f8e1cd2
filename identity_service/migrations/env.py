from identity_service.schema import schema
from shared.db.migrations import run

run(schema)
