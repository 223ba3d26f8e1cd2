"""What a process may be told is declared in its settings class, described, and shown in one example."""

import re
import subprocess
import sys

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from customer_service.bridge.settings import Settings as BridgeSettings
from customer_service.settings import OwnerSettings as CustomerOwner
from customer_service.settings import Settings as CustomerSettings
from employee_service.settings import OwnerSettings as EmployeeOwner
from employee_service.settings import Settings as EmployeeSettings
from identity_service.settings import OwnerSettings as IdentityOwner
from identity_service.settings import Settings as IdentitySettings
from tests.architecture.sources import ROOT, nothing, product

ALL: dict[str, type[BaseSettings]] = {
    "identity": IdentitySettings,
    "employee": EmployeeSettings,
    "customer": CustomerSettings,
    "bridge": BridgeSettings,
}
DATABASES = {
    "identity": {"IDENTITY"},
    "employee": {"EMPLOYEE"},
    "customer": {"CUSTOMER"},
    "bridge": {"BRIDGE"},
}
SECRETS = re.compile(r"SECRET|_KEY$|PASSWORD|TOKEN$|DATABASE(_OWNER)?_URL$|SMTP_URL$")
OWN_SECRETS = re.compile(r"^([A-Z]+)_(SECRET_KEY|SIGNING_KEY|DATABASE\w*)$")


def variables(settings: type[BaseSettings]) -> dict[str, str]:
    """Name in the environment → what it means."""
    return {
        str(field.validation_alias or name.upper()): field.description or ""
        for name, field in settings.model_fields.items()
    }


def test_the_example_is_what_the_settings_say() -> None:
    """An example written by hand is wrong after the next setting (`make env-example` renews it)."""
    answer = subprocess.run(
        [sys.executable, ".ci/env_example.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


def test_the_example_names_every_variable() -> None:
    """Whoever installs this reads the example, not the code."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    nothing(name for settings in ALL.values() for name in variables(settings).keys() - named)


def test_the_example_holds_no_secret() -> None:
    """It is committed: what it shows is public."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    nothing(
        line
        for line in example.splitlines()
        if (shown := re.match(r"#?(\w+)=.", line)) and SECRETS.search(shown[1])
    )


def test_secrets_are_of_a_type_that_does_not_show_them() -> None:
    """Settings are printed: in a traceback, a debugger, a careless log line."""
    classes: list[type[BaseSettings]] = [*ALL.values(), IdentityOwner, EmployeeOwner, CustomerOwner]
    nothing(
        f"{settings.__module__}: {name}"
        for settings in classes
        for name, field in settings.model_fields.items()
        if re.search(
            r"SECRET|_KEY$|PASSWORD|TOKEN$|DATABASE(_OWNER)?_URL$|SMTP",
            str(field.validation_alias or name).upper(),
        )
        and field.annotation is not SecretStr
    )


def test_every_variable_says_what_it_means() -> None:
    nothing(
        f"{process}: {name}"
        for process, settings in ALL.items()
        for name, meaning in variables(settings).items()
        if not meaning
    )


def test_no_process_can_be_told_another_s_database_or_key() -> None:
    """What settings cannot name cannot leak: each process knows the databases and keys of its own prefix."""
    nothing(
        f"{process} may be told {name}"
        for process, settings in ALL.items()
        for name in variables(settings)
        if (match := OWN_SECRETS.match(name)) and match[1] not in DATABASES[process]
    )


def test_the_environment_is_read_in_settings_only() -> None:
    """`os.environ` in the middle of the code is a setting that no example, test or container knows."""
    nothing(
        f"{source.name}:{number}"
        for source in product()
        if source.path.name not in ("settings.py", "revise.py", "bootstrap.py", "healthy.py")
        and not source.name.startswith("shared/launch/")
        for number, line in enumerate(source.lines, 1)
        if re.search(r"os\.(environ|getenv)", line)
    )
