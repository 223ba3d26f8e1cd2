"""What a person sees: steps as they happen, then where to go and who may sign in."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

from shared.launch.table import ADDRESSES, DEMO_CLIENT, DEMO_CLIENT_SECRET


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Whoever read along has seen enough; that is no failure."""
        raise BrokenPipeError


class Screen:
    """A terminal, or a plain file when there is none."""

    def __init__(self, *, stderr: bool = False) -> None:
        self.console = _Console(highlight=False, stderr=stderr)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say what goes on, with a spinner; then that it is done, and how long it took."""
        began = time.monotonic()
        with self.console.status(f"{text} …"):
            yield
        took = time.monotonic() - began
        self.console.print(f"[green]✓[/] {text} [dim]{took:.1f} s[/]")

    def line(self, name: str, text: str) -> None:
        self.console.print(f"[yellow]{name}[/] {escape(text)}", soft_wrap=True)

    def say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)

    def problem(self, text: str) -> None:
        self.console.print(f"[bold red]✗[/] {escape(text)}", soft_wrap=True)

    def addresses(self, values: Mapping[str, str], *, letters: bool) -> None:
        """`letters`: mail is kept to be read on a page."""
        self.say("")
        for name, meaning in ADDRESSES:
            self.say(f"  [bold]{values[f'{name.upper()}_PUBLIC_URL']}[/]  {meaning}")
        if letters:
            self.say(f"  [bold]{values['IDENTITY_PUBLIC_URL']}/dev/mail[/]  the letters identity would send")

    def accounts(self, accounts: Sequence[Mapping[str, Any]], client_secret: str) -> None:
        """Plain lines: a table would cut passwords off in a narrow window."""
        self.say("\nWho may sign in (shown again by: make demo-accounts)\n")
        for account in accounts:
            who = f"{account['title']}, {account['name']}"
            self.say(f"  [bold]{account['email']:<28}[/] {account['password']:<18} {who}")
        self.say(f"  [bold]{DEMO_CLIENT:<28}[/] {client_secret} (an integrator's client)\n")


def accounts_document(accounts: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> dict[str, Any]:
    """What scripts get from ``make demo-accounts JSON=1``."""
    return {
        "addresses": {name: values[f"{name.upper()}_PUBLIC_URL"] for name, _ in ADDRESSES},
        "accounts": list(accounts),
        "client": {"client_id": DEMO_CLIENT, "client_secret": values[DEMO_CLIENT_SECRET]},
    }
