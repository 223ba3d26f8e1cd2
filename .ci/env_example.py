"""Write ``.env.example`` from the settings classes: each variable once, with what it means and its default.

``--check`` writes nothing and fails when the file is not what it would write.
"""

import sys
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from customer_service.bridge.settings import Settings as BridgeSettings  # noqa: E402
from customer_service.settings import OwnerSettings as CustomerOwner  # noqa: E402
from customer_service.settings import Settings as CustomerSettings  # noqa: E402
from employee_service.settings import OwnerSettings as EmployeeOwner  # noqa: E402
from employee_service.settings import Settings as EmployeeSettings  # noqa: E402
from identity_service.settings import OwnerSettings as IdentityOwner  # noqa: E402
from identity_service.settings import Settings as IdentitySettings  # noqa: E402
from shared.web.settings import ServiceSettings  # noqa: E402

SECTIONS: tuple[tuple[str, tuple[type[BaseSettings], ...]], ...] = (
    ("Every service", (ServiceSettings,)),
    ("Identity", (IdentitySettings, IdentityOwner)),
    ("Employee community", (EmployeeSettings, EmployeeOwner)),
    ("Customer community", (CustomerSettings, CustomerOwner)),
    ("Bridge", (BridgeSettings,)),
)

HEAD = """\
# Every variable, made from the settings classes (make env-example).
# Nothing has to be set for `make run`. In production all secrets and database addresses have to be, and each
# process gets only those of its own section (and the first).
"""

LAUNCHER = """
# --- Installing ---

# Superuser, or a role with CREATEROLE and CREATEDB, for making databases and roles; no service sees it
#ADMIN_DATABASE_URL=

# Superuser's password of each database that docker-compose.yml starts (deploy/make_env.py makes them)
#IDENTITY_ADMIN_PASSWORD=
#EMPLOYEE_ADMIN_PASSWORD=
#CUSTOMER_ADMIN_PASSWORD=

# 1 loads demo content into databases that were given; the embedded ones get it anyway
#DEMO=

# Folder of PostgreSQL's programs for the embedded server, in place of the wheel's
#PG_BIN=
"""


def example() -> str:
    told: set[str] = set()
    parts = [HEAD]
    for title, classes in SECTIONS:
        parts.append(f"\n# --- {title} ---\n")
        for name, field in (item for settings in classes for item in settings.model_fields.items()):
            variable = variable_of(name, field)
            if variable not in told:
                told.add(variable)
                meaning = field.description or name.replace("_", " ").capitalize()
                parts.append(f"\n# {meaning}\n{line(variable, field)}\n")
    return "".join([*parts, LAUNCHER])


def variable_of(name: str, field: FieldInfo) -> str:
    return field.validation_alias if isinstance(field.validation_alias, str) else name.upper()


def line(variable: str, field: FieldInfo) -> str:
    """What has no default stands ready to be filled in; the rest is a comment."""
    if field.is_required():
        return f"{variable}="
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return f"#{variable}={str(value).lower() if isinstance(value, bool) else value}"


def main() -> None:
    target = PROJECT / ".env.example"
    if "--check" not in sys.argv:
        target.write_text(example())
    elif not target.exists() or target.read_text() != example():
        sys.exit(".env.example is not what the settings say: make env-example")


if __name__ == "__main__":
    main()
