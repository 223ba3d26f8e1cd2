"""What the launcher gives to each service is what its settings ask for."""

from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from customer_service.bridge.settings import Settings as BridgeSettings
from customer_service.settings import Settings as CustomerSettings
from employee_service.settings import Settings as EmployeeSettings
from identity_service.settings import Settings as IdentitySettings
from shared.launch import environment
from shared.launch.state import Folder
from shared.launch.table import COMMON, SERVICES, Service

SETTINGS: dict[str, type[BaseSettings]] = {
    "identity": IdentitySettings,
    "employee": EmployeeSettings,
    "customer": CustomerSettings,
    "bridge": BridgeSettings,
}


def variables(settings: type[BaseSettings]) -> dict[str, FieldInfo]:
    return {
        str(field.validation_alias or name.upper()): field for name, field in settings.model_fields.items()
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_variable_reaches_its_service(service: Service) -> None:
    for name, field in variables(SETTINGS[service.name]).items():
        if name != service.owner_url_variable:
            assert name in (*service.sees, *service.optional, *COMMON) or service.owns(name), name
        if field.is_required():
            assert name in service.sees, name


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_settings_accept_what_is_computed(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    folder.make()
    told = environment.compute(folder, place=environment.Place(), server_port=5432, given={})
    for name in [name for name in told.values if name not in environment.SYSTEM]:
        monkeypatch.delenv(name, raising=False)
    for name, value in told.of(service).items():
        monkeypatch.setenv(name, value)
    SETTINGS[service.name]()


def test_what_the_caller_sets_under_a_service_s_name_reaches_that_service_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    given = {"CUSTOMER_NAME": "Riverside", "SMTP_URL": "smtp://mail", "PGPASSWORD": "no"}
    told = environment.compute(folder, place=environment.Place(), server_port=5432, given=given)
    seen = {service.name: told.of(service) for service in SERVICES}
    assert {name for name, values in seen.items() if "CUSTOMER_NAME" in values} == {"customer"}
    assert {name for name, values in seen.items() if "SMTP_URL" in values} == {"identity"}
    assert not any("PGPASSWORD" in values for values in seen.values())
