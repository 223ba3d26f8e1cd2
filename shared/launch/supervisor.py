"""``make run``: PostgreSQL, roles, migrations, all processes, demo content; kept until told to stop."""

import os
import queue
import signal
import ssl
import threading
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any

from shared.launch import certificates, environment
from shared.launch.commands import load_demo, pending, start_server
from shared.launch.environment import Environment, Place
from shared.launch.errors import LaunchError, PortTaken
from shared.launch.ports import HOST, is_free
from shared.launch.postgres import Postgres
from shared.launch.process import Process
from shared.launch.screen import Screen
from shared.launch.state import PROJECT, Folder
from shared.launch.table import DEMO_CLIENT_SECRET, SERVICES, Service

PATIENCE = 60.0
GRACE = 2.2
"""Seconds services have to end in; they give open requests 2."""
GOING_DOWN = 2.6
"""Seconds after which PostgreSQL, too, ends at once; 3 are promised for everything."""
RESTARTS = 5
WINDOW = 60.0


class Stop(Exception):
    """Asked to stop, by Ctrl-C or a signal."""


class Supervisor:
    """All of one installation on this machine."""

    def __init__(self, folder: Folder, *, place: Place, screen: Screen) -> None:
        self.folder = folder
        self.place = place
        self.screen = screen
        self.server: Postgres | None = None
        self.processes: list[Process] = []
        self._ended: queue.SimpleQueue[Process | Stop | None] = queue.SimpleQueue()
        self._server_deaths = 0
        self._stopping = False

    def run(self) -> None:
        """Return when asked to stop; LaunchError when it cannot go on. Nothing is left running either way."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self.bring_up()
            self._watch()
        except Stop:
            pass
        finally:
            self._bring_down()

    def bring_up(self) -> None:
        embedded = environment.is_embedded(os.environ)
        self.folder.hold()
        self._check_ports()
        environment.prepare(self.folder)
        if embedded:
            with self.screen.step("PostgreSQL"):
                self.server = start_server(self.folder)
                self._watch_server()
        told = environment.compute(
            self.folder, place=self.place, server_port=self.server.port if self.server else None
        )
        for name, work in pending(self.folder, told, self.server):
            with self.screen.step(name):
                work()
        with self.screen.step("Identity, both communities, the bridge and the workers"):
            self._start_all(told)
            self._wait_until_healthy()
        wanted = told.embedded or os.environ.get("DEMO") == "1"
        if wanted and not self.folder.read("done").get("demo"):
            with self.screen.step("Demo content"):
                load_demo(self.folder, told)
        self.folder.write("running", self._record())
        self.folder.update("done", **self.place.record())
        self.screen.addresses(told.values, letters=told.values["DEVELOPMENT"] == "true")
        if wanted:
            self.screen.accounts(environment.demo_accounts(self.folder), told.values[DEMO_CLIENT_SECRET])
        if self.place.tls:
            self.screen.say(f"  [dim]Browsers trust it once they know {self.folder.tls / 'ca.pem'}[/]")
        self.screen.say("[dim]Ctrl-C stops everything; the data stay.[/]")

    def _record(self) -> dict[str, Any]:
        """What other commands need to know of a running installation."""
        return {
            "pid": os.getpid(),
            **self.place.record(),
            "server_port": self.server.port if self.server else None,
        }

    def _check_ports(self) -> None:
        for service in SERVICES:
            port = self.place.port_base + service.port
            if not is_free(port):
                raise PortTaken(
                    f"Port {port} is taken by another program. "
                    f"Choose others: make run PORT_BASE={other_base(port)}"
                )

    def _start_all(self, told: Environment) -> None:
        for service in SERVICES:
            port = ["--port", str(self.place.port_base + service.port)]
            self._start(service, told, service.name, "serve", "--host", HOST, *port)
            if service.worker:
                self._start(service, told, f"{service.name}-worker", "worker")

    def _start(self, service: Service, told: Environment, name: str, *command: str) -> None:
        process = Process(
            name,
            [service.module, *command],
            told.of(service),
            PROJECT,
            self.folder.logs / f"{name}.log",
            self._show,
            self._ended.put,
        )
        self.processes.append(process)
        process.start()

    def _show(self, name: str, line: str) -> None:
        """What services complain of while they are being stopped is in their logs."""
        if not self._stopping:
            self.screen.line(name, line)

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for service in SERVICES:
            while not healthy(self.place.port_base + service.port, self._context()):
                self._fail_if_one_ended()
                if time.monotonic() > deadline:
                    raise LaunchError(
                        f"{service.name} did not answer in {PATIENCE:.0f} s; see {self.folder.logs}."
                    )
                time.sleep(0.1)
        self._fail_if_one_ended()

    def _context(self) -> ssl.SSLContext | None:
        """How to call our own services."""
        return certificates.ensure(self.folder.tls).context() if self.place.tls else None

    def _fail_if_one_ended(self) -> None:
        try:
            ended = self._ended.get_nowait()
        except queue.Empty:
            return
        if isinstance(ended, Stop):
            raise ended
        raise LaunchError(explained(ended) if ended else "PostgreSQL ended while services started.")

    def _watch(self) -> None:
        """What ends is started again, but not for ever."""
        while True:
            ended = self._ended.get()
            if isinstance(ended, Stop):
                raise ended
            if ended is None:
                self._start_server_again()
            else:
                self._start_again(ended)

    def _start_again(self, ended: Process) -> None:
        recent = [start for start in ended.starts if time.monotonic() - start < WINDOW]
        if len(recent) > RESTARTS:
            raise LaunchError(explained(ended))
        self.screen.line(ended.name, f"ended with status {ended.status}; it is started again")
        time.sleep(min(len(recent) * 0.5, 2.0))
        ended.start()

    def _start_server_again(self) -> None:
        """On the same port, since the services know no other."""
        assert self.server is not None
        self._server_deaths += 1
        port = self.server.port
        self.screen.line("PostgreSQL", "ended; it is started again")
        self.server.preferred_port = port
        self.server.start()
        if self._server_deaths > RESTARTS or self.server.port != port:
            raise LaunchError(f"PostgreSQL keeps ending; see {self.server.log}.")
        self._watch_server()

    def _watch_server(self) -> None:
        """Tell the main thread, as None, when the server has ended."""
        if self.server is not None:
            threading.Thread(target=self._await_server, args=(self.server,), daemon=True).start()

    def _await_server(self, server: Postgres) -> None:
        server.wait()
        self._ended.put(None)

    def _bring_down(self) -> None:
        """Services first, then PostgreSQL: cleanly when there is time for its last checkpoint, else at once.

        At once loses nothing: what was acknowledged is in the write-ahead log, and the next start replays it.
        """
        self._stopping = True
        began = time.monotonic()
        for process in self.processes:
            process.ask_to_end()
        for process in self.processes:
            process.end_by(began + GRACE)
        if self.server:
            self.server.stop(within=max(0.0, began + GOING_DOWN - time.monotonic()))

    def _on_signal(self, number: int, frame: Any) -> None:
        """Raised at once; put in line too, since what is raised while an object is tidied up is lost."""
        if not self._stopping:
            self._stopping = True
            self._ended.put(Stop())
            raise Stop


def explained(ended: Process) -> str:
    lines = ended.last_lines()
    why = lines[-1].strip() if lines else "it said nothing"
    return f"{ended.name} ended with status {ended.status}: {why} (see {ended.log})"


def healthy(port: int, context: ssl.SSLContext | None = None) -> bool:
    connection = (
        HTTPSConnection(HOST, port, timeout=2, context=context)
        if context
        else HTTPConnection(HOST, port, timeout=2)
    )
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def other_base(port: int) -> int:
    """The next thousand at which all ports are free."""
    candidates = range((port // 1000 + 1) * 1000, 60000, 1000)
    return next((base for base in candidates if all(is_free(base + s.port) for s in SERVICES)), 9000)
