"""One process of ours: started so that it cannot outlive us, its output kept in a file."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.launch.account import GUARD

Line = Callable[[str, str], None]
LEVELS = "(warning|error|critical)"
IMPORTANT = re.compile(rf'\[{LEVELS} *\]|"level": "{LEVELS}"|^(WARNING|ERROR|CRITICAL)|^Traceback')
LARGEST_LOG = 10 * 1024 * 1024


@dataclass
class Process:
    """``python -m …`` with an environment of its own.

    ``on_line`` gets (name, line) for lines a person should see; ``on_end`` the process, when it has ended.
    Start it from the main thread, as Linux ties the death signal to a thread.
    """

    name: str
    arguments: Sequence[str]
    environment: dict[str, str]
    folder: Path
    log: Path
    on_line: Line
    on_end: Callable[["Process"], None]
    starts: list[float] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _reader: threading.Thread | None = None

    def start(self) -> None:
        watch = [] if sys.platform == "linux" else ["--watch"]
        guard = ["-I", "-S", str(GUARD), "--parent", str(os.getpid()), *watch, "--"]
        self._process = subprocess.Popen(
            [sys.executable, *guard, sys.executable, "-m", *self.arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.starts.append(time.monotonic())
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def ask_to_end(self) -> None:
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGTERM)

    def end_by(self, deadline: float) -> None:
        """Wait until ``deadline`` (monotonic seconds), then kill."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_lines(self, count: int = 12) -> list[str]:
        try:
            return self.log.read_text(errors="replace").splitlines()[-count:]
        except FileNotFoundError:
            return []

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        mode = "ab" if self.log.exists() and self.log.stat().st_size < LARGEST_LOG else "wb"
        with self.log.open(mode, buffering=0) as file:
            for raw in process.stdout:
                file.write(raw)
                line = raw.decode(errors="replace").rstrip()
                if IMPORTANT.search(line):
                    self.on_line(self.name, line)
        process.wait()
        self.on_end(self)
