"""`python -m employee_service`: serve, worker, migrate, demo, import-stackexchange, bridge-reconcile."""

from employee_service import demo
from employee_service.app import SPACES, create_app
from employee_service.desk import command as desk_command
from employee_service.settings import OwnerSettings, Settings
from employee_service.worker import work
from shared.tools.commands import community_commands
from shared.web.commands import Program, settings_or_exit

app = community_commands(
    Program(
        "employee_service",
        port=8001,
        settings=Settings,
        owner_settings=OwnerSettings,
        database_url=lambda settings: settings.database_url.get_secret_value(),
        owner_url=lambda settings: settings.owner_url.get_secret_value(),
        app=create_app,
        work=work,
    ),
    demo=demo.load,
    spaces=SPACES,
)


@app.command("bridge-reconcile")
def bridge_reconcile() -> None:
    """Compare this side's ledger of the bridge with the other's."""
    desk_command.bridge_reconcile(settings_or_exit(Settings))


if __name__ == "__main__":
    app()
