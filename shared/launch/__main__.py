"""``python -m shared.launch …``: what the Makefile calls."""

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import Annotated

import typer

from shared.launch.commands import attached, place
from shared.launch.environment import DEFAULT_BASE, Place, compute, demo_accounts, is_embedded
from shared.launch.errors import FolderInUse, LaunchError
from shared.launch.postgres import THROWAWAY, Postgres
from shared.launch.screen import Screen, accounts_document
from shared.launch.shared_server import fresh_folder
from shared.launch.state import PROJECT, Folder, explain_os_error
from shared.launch.supervisor import Supervisor
from shared.launch.table import DEMO_CLIENT_SECRET, SERVICES

NEED_ALL_RUNNING = frozenset({"bridge-reconcile"})
"""Commands that ask the other services: a database alone does not do."""

app = typer.Typer(help="Start and keep an installation on this machine.", add_completion=False)


@app.command()
def run(
    base: Annotated[int, typer.Option("--port-base", min=1024, max=65000)] = DEFAULT_BASE,
    tls: Annotated[bool, typer.Option("--tls", help="Speak HTTPS, with an authority of its own")] = False,
) -> None:
    """Start everything and keep it until Ctrl-C."""
    Supervisor(Folder(), place=Place(base, tls), screen=Screen()).run()
    sys.stdout.flush()
    os._exit(0)  # all is down; tidying the interpreter takes a second on a busy machine


@app.command("demo-accounts")
def show_accounts(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Print who may sign in, and where."""
    folder = Folder()
    if not folder.read("done").get("demo"):
        raise LaunchError("There are no demo accounts yet: they are made by the first make run.")
    values = compute(folder, place=place(folder), server_port=None).values
    accounts = demo_accounts(folder)
    if as_json:
        print(json.dumps(accounts_document(accounts, values), indent=1), flush=True)
        return
    screen = Screen()
    screen.addresses(values, letters=is_embedded(os.environ))
    screen.accounts(accounts, values[DEMO_CLIENT_SECRET])


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes")] = False) -> None:
    """Remove all data of the embedded installation, after asking."""
    folder = Folder()
    if not folder.path.exists():
        print("There is nothing to remove.")
        return
    if folder.running() is not None:
        raise FolderInUse("It is running; stop it first (Ctrl-C).")
    if not yes:
        typer.confirm(f"Remove all accounts, content, secrets and logs in {folder.path}?", abort=True)
    folder.clear()
    print("Removed. The next make run starts afresh.")


@app.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def execute(name: str, arguments: list[str]) -> None:
    """Run a command of a service with its environment; a stopped embedded PostgreSQL runs meanwhile."""
    service = next((service for service in SERVICES if service.name == name), None)
    if service is None:
        raise LaunchError(f"There is no service {name}.")
    owner, folder = arguments[0] == "migrate", Folder()
    if arguments[0] in NEED_ALL_RUNNING and is_embedded(os.environ) and folder.running() is None:
        raise LaunchError("It is not running: start it first (make run).")
    if is_embedded(os.environ) and not folder.has_data:
        raise LaunchError("There is no installation here yet: start it first (make run).")
    with attached(folder) as told:
        command = [sys.executable, "-m", service.module, *arguments]
        answer = subprocess.run(command, env=told.of(service, owner=owner), cwd=PROJECT, check=False)
    raise typer.Exit(answer.returncode)


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def scratch(command: list[str]) -> None:
    """Run a program beside an empty throw-away PostgreSQL, whose superuser is in ADMIN_DATABASE_URL."""
    folder = fresh_folder()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Postgres(folder / "postgres", settings=THROWAWAY) as server:
            variables = os.environ | {"ADMIN_DATABASE_URL": server.admin_url}
            answer = subprocess.run(command, env=variables, check=False)
        shutil.rmtree(server.account.root, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(answer.returncode)


def main() -> None:
    try:
        app()
    except LaunchError as error:
        Screen(stderr=True).problem(str(error))
        sys.exit(1)
    except BrokenPipeError:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        Screen(stderr=True).problem(str(explain_os_error(error)))
        sys.exit(1)


if __name__ == "__main__":
    main()
